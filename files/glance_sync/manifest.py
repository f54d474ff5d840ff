"""The manifest: a catalog made durable, and the rules for taking the next one."""

import json
from collections import namedtuple

from . import records
from .errors import Guarded, ManifestError
from .text import shown

FORMAT = 1
MAX_BYTES = 256 * 2 ** 20       # about 150,000 images
MAX_VALUES = 2 ** 24            # commas: twice what such a manifest has; Python needs up to 100 bytes for each
MAX_LISTS = 2 ** 22             # brackets that open
MAX_GENERATION = 2 ** 53

DUMP_AGAIN = 'run "glance-sync dump" on the master'

Manifest = namedtuple('Manifest', 'generation origin created records left_out')
LeftOut = namedtuple('LeftOut', 'id reason')
"""generation: int; origin: {'id': str, ...}; created: UTC text; records: sorted by ID; left_out: images that the
master's Glance holds but could not offer this time, so that nobody takes them for deleted."""


def next_generation(previous, now):
    """Return the generation to publish after `previous` (int or None) at `now` (UTC seconds)."""
    return max((previous or 0) + 1, int(now))


def dump(manifest):
    """Return `manifest` as text, one image a line, so that two of them can be compared with diff."""
    head = [('format', FORMAT), ('generation', manifest.generation), ('origin', manifest.origin),
            ('created', manifest.created), ('left_out', [dict(one._asdict()) for one in manifest.left_out])]
    lines = [' {}: {},'.format(json.dumps(key), json.dumps(value, sort_keys=True)) for key, value in head]
    images = ',\n'.join('  ' + json.dumps(records.to_json(one), sort_keys=True) for one in manifest.records)
    return '{\n' + '\n'.join(lines) + '\n "images": [\n' + images + '\n ]\n}\n'


def load(text):
    """Return the Manifest in `text` (str or bytes).

    Raises ManifestError on what does not parse or has another format, whole: there is no half a manifest.
    """
    if len(text) > MAX_BYTES:
        raise ManifestError('the manifest has more than {} MiB'.format(MAX_BYTES >> 20), 'narrow select on the master')
    try:
        if isinstance(text, bytes):
            text = text.decode('utf-8')
        if text.count(',') > MAX_VALUES or text.count('[') + text.count('{') > MAX_LISTS:
            raise ValueError('more values than any catalog has')
        data = json.loads(text, parse_int=_small_int, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ManifestError('the manifest is not whole JSON ({})'.format(shown(error)), DUMP_AGAIN)
    if not isinstance(data, dict):
        raise ManifestError('the manifest is not an object', DUMP_AGAIN)
    _check_format(data.get('format'))
    return Manifest(generation=_generation(data.get('generation')), origin=_origin(data.get('origin')),
                    created=shown(data.get('created') or '', 64), records=_records(data.get('images')),
                    left_out=_left_out(data.get('left_out', [])))


def _small_int(digits):
    if len(digits) > 30:
        raise ValueError('a number of {} digits'.format(len(digits)))
    return int(digits)


def _no_constant(name):
    raise ValueError('{} is not JSON'.format(name))


def _check_format(found):
    if isinstance(found, bool) or not isinstance(found, int) or found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        raise ManifestError('the manifest has format {}, this glance-sync reads {}'.format(shown(found, 20), FORMAT),
                            'upgrade glance-sync here first' if newer else DUMP_AGAIN)


def _generation(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_GENERATION:
        raise ManifestError('the manifest has generation {}'.format(shown(value, 40)), DUMP_AGAIN)
    return value


def _origin(value):
    if not isinstance(value, dict) or not _is_plain(value.get('id')) or not value['id']:
        raise ManifestError('the manifest names no origin', DUMP_AGAIN)
    return {key: value[key] for key in value if _is_plain(key) and _is_plain(value[key])}


def _is_plain(value):
    """Return whether `value` is a text that can stand in a message as it is."""
    return isinstance(value, str) and len(value) <= 255 and value.isprintable()


def _records(value):
    if not isinstance(value, list):
        raise ManifestError('the manifest has no list of images', DUMP_AGAIN)
    found, seen = [], set()
    for data in value:
        record = records.from_json(data)
        if record.id.lower() in seen:
            raise ManifestError('image {} stands twice in the manifest'.format(record.id), DUMP_AGAIN)
        seen.add(record.id.lower())
        found.append(record)
    return tuple(sorted(found))


def _left_out(value):
    if not isinstance(value, list):
        raise ManifestError('left_out of the manifest is not a list', DUMP_AGAIN)
    for one in value:
        if not isinstance(one, dict) or not _is_plain(one.get('id')):
            raise ManifestError('left_out of the manifest has an entry without an id', DUMP_AGAIN)
    return tuple(sorted(LeftOut(one['id'], shown(one.get('reason') or '')) for one in value))


def check_successor(old, new, source):
    """Raise Guarded unless a slave that took `old` may take `new`.

    old, new: (origin id, generation), old None on the first run; source: where `new` came from, for the message.
    """
    if old is None:
        return
    if new[0] != old[0]:
        raise Guarded('{} serves origin {}, this slave follows {}'.format(source, shown(new[0], 255), shown(old[0], 255)),
                      'correct sync_source, or accept the other cloud once with --accept-generation', code='other-origin')
    if new[1] < old[1]:
        raise Guarded('{} serves generation {}, older than {} that came before'.format(source, new[1], old[1]),
                      'see whether the master was restored from a backup; accept once with --accept-generation',
                      code='older-generation')


def check_losses(marker, named, select):
    """Raise Guarded when a catalog shrank since the spool's marker (a dict) was written; a changed select is told as the reason.

    named: set of the image IDs that the catalog has now; select: the text of the selection that holds now.
    """
    before = marker.get('select', select)
    why = '' if before == select else 'select was "{}" and is now "{}"'.format(before, select)
    check_shrink(set(marker.get('ids', ())), named, why)


def check_shrink(old_ids, new_ids, why=''):
    """Raise Guarded when a catalog is suddenly empty, or lost more than max(5, 20 %) of its images.

    old_ids, new_ids: sets of image IDs; why: a known reason (a changed select) that the message adds.
    """
    lost = len(old_ids - new_ids)
    if lost > max(5, len(old_ids) * 0.2) or (old_ids and not new_ids):
        raise Guarded('{} of {} images are gone from the catalog{}'.format(lost, len(old_ids), why and ' ({})'.format(why)),
                      'if that is right, accept it once with --accept-shrink', code='shrink')
