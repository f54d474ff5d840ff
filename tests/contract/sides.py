"""The sides of the contract: a real cloud through the real edge, and the fake; tests see no difference.

A Side has: admin, joe (member of tenant-a), ann (member of tenant-b), rita (reader in tenant-a): Clouds; projects:
{name: ID}, `twin` being the tenant-a of another domain; database(); broken(fault) and old(release): the admin's Cloud
again, with one of FAULTS or seen as an old Glance; image(): makes an image that is gone after the test.
"""

import json
import os
import time
import uuid

from fakes import FakeCloud, FakeDatabase, offer
from fakes.faults import Faults
from glance_sync import credentials, database
from glance_sync.errors import Forbidden, NotThere
from glance_sync.glance import connect
from glance_sync.pace import Throttle

TIMEOUT = 20
CUT_AT = 100000             # bytes of a download that the fault `cut` lets pass


def described():
    """Return the document of LAB_CLOUD (see stage.py)."""
    with open(os.environ['LAB_CLOUD'], encoding='utf-8') as lines:
        return json.load(lines)


def identity(values, cacert=None, **changed):
    """Return the Identity in OS_* variables, some of them changed; None drops one."""
    values = dict(values, **changed)
    return credentials.identity({key: value for key, value in values.items() if value is not None}, 'LAB_CLOUD', cacert)


def open_cloud(values, cacert=None, timeout=TIMEOUT, **changed):
    """Return the Cloud that OS_* variables open."""
    return connect(identity(values, cacert, **changed), timeout, Throttle(0, None, None, None))


def wait_for(question, seconds):
    """Return the first true answer of question(), the last one when `seconds` are over."""
    limit = time.time() + seconds
    while True:
        answer = question()
        if answer or time.time() > limit:
            return answer
        time.sleep(0.05)


class Side:
    """What both sides share: making images and taking them away again."""

    settles = 0.2               # seconds in which a Glance may show what it makes of an upload that was cut

    def __init__(self):
        self.made = []

    def new_id(self):
        """Return a fresh image ID; an image of that ID is deleted after the test."""
        self.made.append(str(uuid.uuid4()))
        return self.made[-1]

    def image(self, data=None, cloud=None, **attributes):
        """Make an image as `cloud` (the admin); return its dict. See fakes.offer."""
        return offer(cloud or self.admin, data, **dict({'id': self.new_id()}, **attributes))

    def clean(self):
        """Delete what the test made."""
        for image_id in self.made:
            try:
                self.admin.images.delete(image_id)
            except NotThere:
                continue
            except Forbidden:
                self.admin.images.patch(image_id, [{'op': 'replace', 'path': '/protected', 'value': False}])
                self.admin.images.delete(image_id)
        del self.made[:]


class Real(Side):
    """The cloud of a LAB_CLOUD document through glance_sync.glance."""

    def __init__(self, document):
        super().__init__()
        self.document, self.projects = document, document['projects']
        self.admin = open_cloud(document['admin'])
        self.joe, self.ann, self.rita = [open_cloud(document['users'][name]) for name in ('joe', 'ann', 'rita')]
        self._opened = {}

    def region(self, region, **options):
        """Return the admin's Cloud in a region of the same Keystone."""
        key = region, tuple(sorted(options.items()))
        if key not in self._opened:
            self._opened[key] = open_cloud(self.document['admin'], OS_REGION_NAME=region, **options)
        return self._opened[key]

    broken = old = region

    def database(self, timeout=5, **changed):
        """Return the Database of this Glance, some MYSQL_* variables changed."""
        return database.Database(credentials.login(dict(self.document['mysql'], **changed), 'LAB_CLOUD'), timeout)


class Fake(Side):
    """A FakeCloud with the same people."""

    settles = 0

    FAULTS = {'no-range': ('ranges', 'ignored'), 'refuse-range': ('ranges', 'refused'), 'cut': ('cut_download', CUT_AT)}

    def __init__(self):
        super().__init__()
        self.admin = cloud = FakeCloud()
        self.projects = {name: cloud.add_project(name) for name in ('admin', 'tenant-a', 'tenant-b')}
        self.projects['twin'] = cloud.add_project('tenant-a', 'other')
        self.joe, self.ann, self.rita = [
            cloud.view(self.projects[project], role)
            for project, role in (('tenant-a', 'member'), ('tenant-b', 'member'), ('tenant-a', 'reader'))]

    def broken(self, fault):
        """Return the admin's cloud with a fault."""
        faults = Faults()
        setattr(faults, *self.FAULTS[fault])
        return self.admin.view(faults=faults)

    def old(self, release):
        """Return the admin's cloud as an old Glance."""
        return self.admin.view(release=release)

    def database(self):
        """Return its database."""
        return FakeDatabase(self.admin)
