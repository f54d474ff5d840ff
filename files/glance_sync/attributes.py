"""Attributes: which fields of a Glance image travel, and how a record looks in Glance's own terms."""

from collections import namedtuple

from . import records
from .records import Member, Record

BASE = frozenset((
    'id name status visibility os_hidden protected owner container_format disk_format min_disk min_ram size virtual_size '
    'checksum os_hash_algo os_hash_value tags created_at updated_at').split())

MARK_ORIGIN = 'glance_sync_origin'          # we brought it: see `mark`
MARK_STATUS = 'glance_sync_status'          # 'deactivated' when it was we who deactivated it

Capabilities = namedtuple('Capabilities', 'visibilities hidden hashes')
"""What this Glance can do. visibilities: those that it knows; hidden: has os_hidden; hashes: has os_hash_*."""

MODERN = Capabilities(frozenset(records.VISIBILITIES), True, True)

Target = namedtuple('Target', (
    'name visibility owner protected os_hidden min_disk min_ram container_format disk_format tags properties status members'))
"""A record in the terms of one Glance: owner a project ID, members {project ID: status}, tags a sorted tuple."""

PATCHED = ('name', 'visibility', 'owner', 'protected', 'os_hidden', 'min_disk', 'min_ram', 'tags')


def properties(image):
    """Return the properties of a Glance image dict that travel: {name: value}."""
    return {key: image[key] for key in image
            if key not in BASE and isinstance(image[key], str) and not records.is_reserved(key)}


def visibility(image, members, capabilities):
    """Return the visibility of an image in today's words: before Ocata a private image with members was what is shared now."""
    if image['visibility'] == 'private' and members and 'shared' not in capabilities.visibilities:
        return 'shared'
    return image['visibility']


def to_record(image, members, sha512, directory, capabilities):
    """Return the Record of a Glance image dict.

    members: the API's list of dicts (member_id, status), used for shared images only; sha512: hex;
    directory: projects.Directory of this cloud. Members whose project the cloud no longer has are left out.
    """
    seen_as = visibility(image, members, capabilities)
    people = []
    for member in members if seen_as == 'shared' else ():
        project = directory.project(member['member_id'])
        if project is not None:
            people.append(Member(project.project, project.domain, member['status']))
    return Record(
        id=image['id'], name=image.get('name'), status=image['status'], visibility=seen_as,
        os_hidden=bool(image.get('os_hidden')), protected=bool(image.get('protected')),
        owner=directory.project(image.get('owner')), members=tuple(sorted(people)),
        container_format=image.get('container_format'), disk_format=image.get('disk_format'),
        min_disk=image.get('min_disk') or 0, min_ram=image.get('min_ram') or 0, size=image.get('size'),
        virtual_size=image.get('virtual_size'), checksum=image.get('checksum'), os_hash_algo=image.get('os_hash_algo'),
        os_hash_value=image.get('os_hash_value'), sha512=sha512, tags=tuple(sorted(set(image.get('tags') or ()))),
        properties=properties(image), created_at=image.get('created_at'), updated_at=image.get('updated_at'))


def digests(image):
    """Return what Glance itself says of the bits of an image dict: {algorithm: hex}, empty on an image without any hash."""
    found = {}
    if image.get('checksum'):
        found['md5'] = image['checksum']
    if image.get('os_hash_algo') and image.get('os_hash_value'):
        found[image['os_hash_algo']] = image['os_hash_value']
    return found


def record_digests(record):
    """Return all that a Record says of its bits: {algorithm: hex}; sha512 is always there."""
    found = {'sha512': record.sha512}
    if record.checksum:
        found['md5'] = record.checksum
    if record.os_hash_algo and record.os_hash_value:
        found.setdefault(record.os_hash_algo, record.os_hash_value)
    return found


def same_bits(record, image):
    """Compare the bits of a Record with those of a Glance image dict.

    Returns True or False, or None when the two share no hash (size alone proves nothing).
    The strongest shared hash decides: os_hash before the md5 checksum.
    """
    if image.get('size') is not None and image['size'] != record.size:
        return False
    ours, theirs = record_digests(record), digests(image)
    shared = sorted(set(ours) & set(theirs), key=lambda name: name == 'md5')
    if not shared:
        return True if record.size == 0 and image.get('size') == 0 else None
    return ours[shared[0]].lower() == theirs[shared[0]].lower()


def mark(origin, image_id):
    """Return the value of MARK_ORIGIN. It names the image too, because Nova copies the properties of an image to its snapshots."""
    return '{}/{}'.format(origin, image_id)


def is_ours(image, origin):
    """Return whether it was we who brought a Glance image dict, from this origin."""
    return image.get(MARK_ORIGIN) == mark(origin, image['id'])


def creation(target, image_id, origin, capabilities):
    """Return the body of POST /v2/images for a new image: private and unprotected until its bits are proved."""
    body = {'id': image_id, 'visibility': 'private', 'protected': False,
            'min_disk': target.min_disk, 'min_ram': target.min_ram, 'tags': list(target.tags),
            'container_format': target.container_format, 'disk_format': target.disk_format}
    if target.name is not None:
        body['name'] = target.name
    if capabilities.hidden:
        body['os_hidden'] = target.os_hidden
    body.update(target.properties)
    body[MARK_ORIGIN] = mark(origin, image_id)
    return body


def pointer(name):
    """Return a property's name as a JSON pointer (RFC 6901)."""
    return '/' + name.replace('~', '~0').replace('/', '~1')


def patch(changes, image):
    """Return the JSON patch (a list of operations) that carries `changes` (see changes.py) into a Glance image dict."""
    operations = []
    for change in changes:
        if change.field in PATCHED:
            value = list(change.after) if change.field == 'tags' else change.after
            operations.append({'op': 'replace', 'path': '/' + change.field, 'value': value})
        elif change.field == 'properties':
            name, value = change.item, change.after
            if value is None:
                operations.append({'op': 'remove', 'path': pointer(name)})
            else:
                operations.append({'op': 'replace' if name in image else 'add', 'path': pointer(name), 'value': value})
    return operations
