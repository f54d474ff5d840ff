"""The record: what travels of one image, and the strict reading of it.

A record comes from another cloud, so everything in it is checked (invariant 10):
the limits are those that Glance itself holds (`glance-api` schema, measured).
"""

import re
from collections import namedtuple

from .errors import ManifestError
from .text import shown

Project = namedtuple('Project', 'project domain')
Member = namedtuple('Member', 'project domain status')
Record = namedtuple('Record', (
    'id name status visibility os_hidden protected owner members container_format disk_format min_disk min_ram '
    'size virtual_size checksum os_hash_algo os_hash_value sha512 tags properties created_at updated_at'))

STATUSES = ('active', 'deactivated')
VISIBILITIES = ('private', 'shared', 'community', 'public')     # from narrow to wide
MEMBER_STATUSES = ('pending', 'accepted', 'rejected')
MAX_SIZE = 2 ** 50          # bytes; nobody keeps an image of a pebibyte
MAX_MINIMUM = 2 ** 31 - 1   # min_disk, min_ram: a signed 32 bit column in Glance
MAX_NAME = 255
MAX_VALUE = 65535           # bytes of a property's value: a TEXT column in Glance
MAX_ITEMS = 4096            # tags, properties, members of one image
RESERVED_PROPERTIES = frozenset((       # the fields of an image, and what Glance does not take as a property
    'checksum container_format created_at deleted deleted_at direct_url disk_format file id is_public location locations member '
    'members min_disk min_ram name os_hash_algo os_hash_value os_hidden owner protected schema self size status stores tags '
    'updated_at virtual_size visibility').split())
RESERVED_PREFIXES = ('os_glance_', 'glance_sync')

REMEDY = 'correct the image on the master, or leave it out with select there; then run "glance-sync dump" on the master'

UUID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z')
HEX = re.compile(r'[0-9a-f]+\Z')
ALGORITHM = re.compile(r'[a-z0-9_-]{1,64}\Z')


def is_id(value):
    """Return whether `value` has the shape of an image ID that Glance takes (a UUID)."""
    return isinstance(value, str) and UUID.match(value) is not None


def is_reserved(name):
    """Return whether a property of that name belongs to Glance or to us, and so never travels."""
    return name in RESERVED_PROPERTIES or name.startswith(RESERVED_PREFIXES)


def label(project):
    """Return a Project or Member as people write it: project@domain; None as `(unknown)`."""
    return '(unknown)' if project is None else '{}@{}'.format(project.project, project.domain)


def to_json(record):
    """Return a Record as the dict that the manifest holds."""
    out = record._asdict()
    out['owner'] = None if record.owner is None else dict(record.owner._asdict())
    out['members'] = [dict(member._asdict()) for member in record.members]
    out['tags'] = list(record.tags)
    out['properties'] = dict(record.properties)
    return dict(out)


def from_json(data):
    """Return the Record in `data`, one entry of a manifest's `images`.

    Keys that this version does not know are ignored. Raises ManifestError, which names the image and
    the field, on anything that no Glance could have: wrong type, absurd size, an ID with a path in it.
    """
    if not isinstance(data, dict):
        raise ManifestError('an image of the manifest is not an object: {}'.format(shown(data, 40)), REMEDY)
    read = _Reader(data)
    record = Record(
        id=read.image_id(),
        name=read.text('name', MAX_NAME, optional=True),
        status=read.one_of('status', STATUSES),
        visibility=read.one_of('visibility', VISIBILITIES),
        os_hidden=read.flag('os_hidden'),
        protected=read.flag('protected'),
        owner=read.owner(),
        members=read.members(),
        container_format=read.text('container_format', MAX_NAME, optional=True),
        disk_format=read.text('disk_format', MAX_NAME, optional=True),
        min_disk=read.number('min_disk', MAX_MINIMUM),
        min_ram=read.number('min_ram', MAX_MINIMUM),
        size=read.number('size', MAX_SIZE),
        virtual_size=read.number('virtual_size', MAX_SIZE * 1024, optional=True),
        checksum=read.matching('checksum', HEX, 32, optional=True),
        os_hash_algo=read.matching('os_hash_algo', ALGORITHM, None, optional=True),
        os_hash_value=read.matching('os_hash_value', HEX, None, optional=True),
        sha512=read.matching('sha512', HEX, 128),
        tags=read.tags(),
        properties=read.properties(),
        created_at=read.text('created_at', 64, optional=True),
        updated_at=read.text('updated_at', 64, optional=True),
    )
    return record


def too_big(record, max_image_size):
    """Return (code, reason, remedy) when a Record is larger than `max_image_size` (bytes, 0 for no limit), else None."""
    if max_image_size and record.size > max_image_size:
        return ('too-big', '{} bytes, max_image_size is {}'.format(record.size, max_image_size),
                'raise max_image_size, or leave it out with select')
    return None


class _Reader:
    """Reads the fields of one record's dict; every complaint names the image and the field."""

    def __init__(self, data):
        self._data = data

    def fail(self, field, problem):
        raise ManifestError('image {}: {} {}'.format(shown(self._data.get('id'), 60), field, problem), REMEDY)

    def _get(self, field, optional):
        value = self._data.get(field)
        if value is None and not optional:
            self.fail(field, 'is missing')
        return value

    def image_id(self):
        if not is_id(self._data.get('id')):
            self.fail('id', 'is not a UUID')
        return self._data['id']

    def check_text(self, field, value, limit, in_bytes=False):
        if not isinstance(value, str):
            self.fail(field, 'is not a text')
        try:
            length = len(value.encode('utf-8'))
        except UnicodeEncodeError:
            self.fail(field, 'is not valid Unicode')
        if (length if in_bytes else len(value)) > limit:
            self.fail(field, 'is longer than {} {}'.format(limit, 'bytes' if in_bytes else 'characters'))
        return value

    def text(self, field, limit, optional=False):
        value = self._get(field, optional)
        return None if value is None else self.check_text(field, value, limit)

    def matching(self, field, pattern, length, optional=False):
        value = self._get(field, optional)
        if value is None:
            return None
        if not isinstance(value, str) or not pattern.match(value) or len(value) > 512:
            self.fail(field, 'is malformed: {}'.format(shown(value, 40)))
        if length is not None and len(value) != length:
            self.fail(field, 'has {} digits, not {}'.format(len(value), length))
        return value

    def one_of(self, field, choices):
        value = self._get(field, optional=False)
        if value not in choices:
            self.fail(field, 'is {}, not one of {}'.format(shown(value, 40), ', '.join(choices)))
        return value

    def flag(self, field):
        value = self._data.get(field, False)
        if not isinstance(value, bool):
            self.fail(field, 'is not true or false')
        return value

    def number(self, field, limit, optional=False):
        value = self._get(field, optional)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(field, 'is not a whole number')
        if not 0 <= value <= limit:
            self.fail(field, 'is {}, outside 0 to {}'.format(shown(value, 40), limit))
        return value

    def list_of(self, field):
        value = self._data.get(field, [])
        if not isinstance(value, list):
            self.fail(field, 'is not a list')
        if len(value) > MAX_ITEMS:
            self.fail(field, 'has more than {} items'.format(MAX_ITEMS))
        return value

    def owner(self):
        value = self._data.get('owner')
        return None if value is None else Project(*self._names('owner', value))

    def _names(self, field, value):
        if not isinstance(value, dict):
            self.fail(field, 'is not an object')
        return [self.check_text('{}.{}'.format(field, part), value.get(part), MAX_NAME) for part in ('project', 'domain')]

    def members(self):
        found = []
        for value in self.list_of('members'):
            project, domain = self._names('members', value)
            status = value.get('status')
            if status not in MEMBER_STATUSES:
                self.fail('members', 'has a status {}'.format(shown(status, 40)))
            found.append(Member(project, domain, status))
        if len({member[:2] for member in found}) < len(found):
            self.fail('members', 'names a project twice')
        return tuple(sorted(found))

    def tags(self):
        return tuple(sorted(set(self.check_text('tags', tag, MAX_NAME) for tag in self.list_of('tags'))))

    def properties(self):
        value = self._data.get('properties', {})
        if not isinstance(value, dict):
            self.fail('properties', 'is not an object')
        if len(value) > MAX_ITEMS:
            self.fail('properties', 'has more than {} items'.format(MAX_ITEMS))
        for name in value:
            self.check_text('properties', name, MAX_NAME)
            if is_reserved(name):
                self.fail('properties', 'holds the reserved name {}'.format(shown(name, 60)))
            self.check_text('properties.' + shown(name, 60), value[name], MAX_VALUE, in_bytes=True)
        return value
