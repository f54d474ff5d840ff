"""Two real clouds for all functional tests, and for each test a master unit and a slave unit with an ssh key."""

from collections import namedtuple

import pytest
from lab import Lab

from .offer import clean
from .unit import FILES, Unit

Pair = namedtuple('Pair', 'master slave sshd key')


@pytest.fixture(scope='session')
def lab(tmp_path_factory):
    """The Lab; it ends with the test run."""
    with Lab(tmp_path_factory.mktemp('lab') / 'lab') as started:
        yield started


@pytest.fixture(scope='session')
def clouds(lab):
    """(master, slave): both on MariaDB, the master's Glance also behind a proxy as interface internal."""
    found = lab.clouds(master={'database': 'mariadb'}, slave={'database': 'mariadb'})
    for cloud in found:
        for project in ('tenant-a', 'tenant-b'):
            cloud.create_project(project)
    found[0].create_project('master-only')
    return found


@pytest.fixture
def master(clouds):
    """The master's cloud, without images afterwards."""
    yield clouds[0]
    clean(clouds[0])


@pytest.fixture
def slave(clouds):
    """The slave's cloud, without images afterwards."""
    yield clouds[1]
    clean(clouds[1])


@pytest.fixture(scope='session')
def door(lab):
    """The master's sshd."""
    return lab.sshd()


@pytest.fixture
def pair(tmp_path, lab, door, master, slave):
    """A master unit and a slave unit that may pull from it."""
    return make_pair(tmp_path, lab, door, master, slave)


def make_pair(folder, lab, door, master, slave):
    """Return the Pair of units below `folder`."""
    gsm = Unit(folder / 'gsm', 'master', master)
    key, public = lab.keypair(folder / 'id_rsa')
    authorize(door, gsm, public)
    known_hosts = door.known_hosts(folder / 'known_hosts')
    gss = Unit(folder / 'gss', 'slave', slave, sync_source=source(door, gsm), ssh_identity=key, ssh_known_hosts=known_hosts)
    return Pair(gsm, gss, door, public)


def authorize(door, unit, public):
    """Let a public key read the spool of a unit, as the charm does."""
    door.authorize('command="{} --config {}",restrict {}'.format(FILES / 'glance-sync-serve', unit.config, public))


def source(door, unit):
    """The sync_source that names a unit's spool behind an sshd."""
    return 'ssh://{}@127.0.0.1:{}{}'.format(door.user, door.port, unit.data)


def project(cloud, name):
    """The ID of a project in a cloud's default domain."""
    found = cloud.get('/v3/projects?domain_id=default&name=' + name).json()['projects']
    return found[0]['id']
