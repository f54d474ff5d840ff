"""The rules: what Glance takes as an image's attributes. Each refusal has the status that real Glance gave."""

import re

from .answers import answer, need

UUID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z')
READ_ONLY = ('checksum size virtual_size direct_url self file schema created_at updated_at status').split()
PATCH_READ_ONLY = READ_ONLY + ['id', 'os_hash_algo', 'os_hash_value']
RESERVED = ('location', 'deleted', 'deleted_at')
IGNORED = ('os_hash_algo', 'os_hash_value')
GHOSTS = ('stores', 'member')           # a PATCH of these answers 200 and shows nothing
FORMATS = ('disk_format', 'container_format')
CONTAINER_FORMATS = (None, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed')
DISK_FORMATS = (None, 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop')
MAGIC = {'qcow2': b'QFI\xfb', 'vhdx': b'vhdxfile'}
LONGEST_NAME, LONGEST_VALUE, MOST = 255, 65535, 128
BASE = ('id name visibility owner protected os_hidden min_disk min_ram tags disk_format container_format').split()
DEFAULTS = {'name': None, 'visibility': 'shared', 'protected': False, 'os_hidden': False, 'min_disk': 0, 'min_ram': 0,
            'disk_format': None, 'container_format': None}
BITS = {'status': 'queued', 'size': None, 'virtual_size': None, 'checksum': None, 'os_hash_algo': None, 'os_hash_value': None}


def check_creatable(values):
    """Refuse names that may not be given at creation."""
    need(UUID.match(values.get('id', '')), 400, 'the ID does not match the pattern')
    for name in values:
        need(name not in READ_ONLY + ['stores'], 403, 'Attribute {} is read-only'.format(name))
        need(name != 'locations' and not is_reserved(name), 403, 'Attribute {} is reserved'.format(name))


def check_patchable(name, operation, image):
    """Refuse a PATCH operation ('add', 'replace', 'remove') on an attribute of an image."""
    need(name != 'locations', 400, 'Invalid JSON pointer')
    need(name not in PATCH_READ_ONLY, 403, 'Attribute {} is read-only'.format(name))
    need(not is_reserved(name), 403, 'Attribute {} is reserved'.format(name))
    need(operation != 'remove' or name not in BASE, 403, 'Property {} may not be removed'.format(name))
    need(operation == 'add' or name in image, 409, 'there is no {}'.format(name))
    need(name not in FORMATS or image['status'] == 'queued', 403, '{} can be only replaced for a queued image'.format(name))


def is_reserved(name):
    """Return whether a property's name is Glance's own."""
    return name in RESERVED or name.startswith('os_glance_')


def check_values(values):
    """Refuse values that do not fit: 400 by the schema, 413 by the quotas, 500 by the database."""
    need(values['visibility'] in ('private', 'shared', 'community', 'public'), 400, 'visibility')
    need(values['disk_format'] in DISK_FORMATS and values['container_format'] in CONTAINER_FORMATS, 400, 'format')
    for name in ('protected', 'os_hidden'):
        need(isinstance(values[name], bool), 400, name)
    for name in ('min_disk', 'min_ram'):
        need(type(values[name]) is int and 0 <= values[name] < 2 ** 31, 400, name)
    for name in ('name', 'owner'):
        need(values[name] is None or is_text(values[name], LONGEST_NAME), 400, name)
    need(isinstance(values['tags'], list) and all(is_text(tag, LONGEST_NAME) for tag in values['tags']), 400, 'tags')
    need(len(values['tags']) <= MOST, 413, 'too many tags')
    check_properties({name: value for name, value in values.items() if name not in BASE and name not in BITS and name not in SHOWN})


SHOWN = ('self', 'file', 'schema', 'created_at', 'updated_at', 'stores')


def check_properties(properties):
    """Refuse custom properties that do not fit."""
    for name, value in properties.items():
        need(is_text(name) and is_text(value), 400, '{} is not a string'.format(name))
        need(len(name) <= LONGEST_NAME and len(value.encode('utf-8')) <= LONGEST_VALUE, 500, 'database error')
    need(len(properties) <= MOST, 413, 'too many properties')
    if len({name.lower().rstrip(' ') for name in properties}) < len(properties):
        raise answer(500, 'database error: equal but for case')


def is_text(value, longest=None):
    """Return whether a value is a string that Glance takes: no character beyond the BMP."""
    return isinstance(value, str) and all(ord(c) < 0x10000 for c in value) and (longest is None or len(value) <= longest)
