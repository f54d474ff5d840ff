"""Samples: an image of every kind that Glance knows, and what happens to them later."""

import random
import struct
import uuid

MIB = 1 << 20
NAMESPACE = uuid.UUID('6d0a1c3e-9d0f-4b0e-8f43-3c8a3c1f5a10')
PROJECTS = (('web', 'Default'), ('ops', 'Default'), ('app', 'Partners'))
MASTER_ONLY = ('lab', 'Default')


def image_id(name):
    """Return the ID that the sample called `name` has in every run."""
    return str(uuid.uuid5(NAMESPACE, name))


def bits(size, seed):
    """Return `size` bytes that do not compress, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def qcow2(virtual_size):
    """Return an empty but valid qcow2 (version 3) disk of virtual_size bytes, as `qemu-img create` makes them."""
    cluster = 1 << 16
    entries = -(-virtual_size // (cluster * cluster // 8))
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 3, 0, 0, 16, virtual_size, 0, entries,
                         3 * cluster, cluster, 1, 0, 0) + struct.pack('>QQQII', 0, 0, 0, 4, 104)
    reference_table = struct.pack('>Q', 2 * cluster)
    references = struct.pack('>4H', 1, 1, 1, 1)        # header, reference table, references, level-1 table
    return b''.join(part.ljust(cluster, b'\0') for part in (header, reference_table, references, b''))


def make_projects(cloud, projects):
    """Make projects, {(name, domain): id}, and their domains; the IDs differ from cloud to cloud."""
    for domain in sorted({domain for _, domain in projects} - {'Default'}):
        cloud.create_domain(domain)
    return {(name, domain): cloud.create_project(name, domain) for name, domain in projects}


def make(cloud, projects):
    """Make the samples in a cloud and return [(image, what is special about it), ...]. projects: see make_projects."""
    web, ops, app = (projects[one] for one in PROJECTS)
    base = bits(8 * MIB, 'ubuntu')
    kinds = [
        ('public, two tags, properties, min_disk 5, min_ram 512', 'ubuntu-lts', base, dict(
            visibility='public', tags=['golden', 'lts'], os_distro='ubuntu', hw_rng_model='virtio', min_disk=5, min_ram=512)),
        ('public, the very same bits as ubuntu-lts', 'ubuntu-copy', base, dict(visibility='public')),
        ('public, a qcow2 disk', 'debian', qcow2(2 * 1024 * MIB), dict(
            visibility='public', disk_format='qcow2', os_distro='debian')),
        ('private, of a tenant', 'web-base', bits(MIB, 'web'), dict(visibility='private', owner=web)),
        ('private, of a tenant in the domain Partners', 'app-base', bits(70001, 'app'), dict(visibility='private', owner=app)),
        ('shared: ops accepted it, app did not yet', 'web-shared', bits(MIB, 'shared'), dict(
            owner=web, members=[(ops, 'accepted'), app])),
        ('community: all may use it, nobody sees it listed', 'ops-tools', bits(300000, 'tools'), dict(
            visibility='community', owner=ops)),
        ('public but hidden: an old release', 'ubuntu-old', bits(500000, 'old'), dict(visibility='public', os_hidden=True)),
        ('deactivated: withdrawn, nobody may boot it', 'withdrawn', bits(4096, 'bad'), dict(
            visibility='public', status='deactivated')),
        ('protected against deletion', 'rescue', bits(200000, 'rescue'), dict(visibility='public', protected=True)),
        ('empty: no bits at all', 'empty', b'', dict(visibility='public')),
    ]
    return [(cloud.image(name, data, id=image_id(name), **values), what) for what, name, data, values in kinds]


def change(cloud, projects):
    """Change the samples in a cloud, as a week of work would, and return what was done, in words.

    projects: those of make(), and MASTER_ONLY.
    """
    cloud.change(image_id('ubuntu-lts'), name='ubuntu-2404', hw_rng_model=None)
    cloud.change(image_id('debian'), tags=['golden'])
    cloud.post('/v2/images/{}/members'.format(image_id('web-shared')), json={'member': cloud.api.project_id})
    cloud.post('/v2/images/{}/actions/deactivate'.format(image_id('ops-tools')))
    cloud.image('alpine', bits(2 * MIB, 'alpine'), id=image_id('alpine'), visibility='public', tags=['golden'])
    cloud.image('lab-base', bits(50000, 'lab'), id=image_id('lab-base'), visibility='private', owner=projects[MASTER_ONLY])
    return ['ubuntu-lts is renamed to ubuntu-2404 and loses its property hw_rng_model',
            'debian gets the tag golden',
            'web-shared gets the project admin as a further member',
            'ops-tools is deactivated',
            'alpine is new, public',
            'lab-base is new, private, and its owner is the project lab, which the slave does not have']
