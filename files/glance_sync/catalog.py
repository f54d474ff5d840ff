"""The catalog: the records of one Glance at one moment, and which of its images cannot become one."""

from . import attributes
from .digests import SHA512_LENGTH
from .errors import ManifestError
from .manifest import LeftOut
from .plan import Refusal
from .records import from_json, is_id, to_json, too_big

TRAVELS = ('active', 'deactivated')


class Catalog:
    """wanted: [Record, ...], a sha512 being None while nobody knows it; left_out: [LeftOut, ...];
    refused: [Refusal, ...]; held: [Held, ...]."""

    def __init__(self):
        self.wanted, self.left_out, self.refused, self.held = [], [], [], []


def build(inventory, directory, capabilities, known, rules):
    """Return the Catalog of a master.

    inventory: (images, members) of inventory.take; known: {image ID: Record} of the last manifest;
    rules: has selection, limits and max_image_size (bytes, 0 for none). Images that are neither active nor
    deactivated are nobody's business.
    """
    images, members = inventory
    found, spelled = Catalog(), {}
    for image_id in images:
        spelled.setdefault(image_id.lower(), []).append(image_id)
    for image_id, image in sorted(images.items()):
        if image['status'] not in TRAVELS:
            continue
        digest = sha512(image, known.get(image_id))
        record = attributes.to_record(image, members.get(image_id, ()), digest, directory, capabilities)
        if not rules.selection.matches(record):
            continue
        problem = _problem(record, spelled, rules.max_image_size)
        if problem:
            found.refused.append(Refusal(record.id, record.name, *problem))
            found.left_out.append(LeftOut(record.id, problem[0]))
            continue
        record, held = rules.limits.restrict(record)
        found.held.extend(held)
        found.wanted.append(record)
    return found


def _problem(record, spelled, max_image_size):
    """Return (code, reason, remedy) when a record cannot travel, else None."""
    if not is_id(record.id):
        return 'legacy-id', 'its ID is no UUID', 'upload it again under a new ID'
    if len(spelled[record.id.lower()]) > 1:
        return 'other-case', 'two images have this ID but for upper and lower case', 'delete one of them'
    return _unfit(record) or too_big(record, max_image_size)


def _unfit(record):
    """A record that slaves would not take must not spoil their whole manifest."""
    try:
        from_json(to_json(record._replace(sha512=record.sha512 or '0' * SHA512_LENGTH)))
    except ManifestError as error:
        return 'unfit', str(error), 'correct the image on this cloud'
    return None


def sha512(image, known):
    """Return the sha512 of an image's bits when Glance knows it, or `known`, the last manifest's Record; else None.

    The last manifest can be believed because bits never change under an ID.
    """
    if image.get('os_hash_algo') == 'sha512' and image.get('os_hash_value'):
        return image['os_hash_value']
    if known is not None and known.size == image.get('size') and known.checksum == image.get('checksum'):
        return known.sha512
    return None
