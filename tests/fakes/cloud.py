"""The fake Cloud: one FakeGlance as one identity sees it."""

import hashlib

from glance_sync.errors import Forbidden
from glance_sync.projects import Directory

from .faults import Faults
from .glance import FakeGlance
from .images import FakeImages
from .releases import Release
from .transfer import FakeTransfer


class FakeCloud:
    """A cloud in memory with the interface of glance_sync.glance.Cloud, as its administrator in the project admin.

    glance: the state (FakeGlance); faults: the switches (Faults), see there; release: the name of an old one.
    """

    def __init__(self, name='fake', release=None):
        self.glance, self.faults = FakeGlance(name), Faults()
        self._enter(self.glance.add_project('admin'), 'admin', release)

    def _enter(self, project_id, role, release):
        self.project_id, self.role, self.release = project_id, role, Release(release)
        self.origin = {'id': hashlib.sha256(self.glance.name.encode()).hexdigest()[:32], 'region': self.glance.name}
        self.images, self.transfer = FakeImages(self), FakeTransfer(self)

    def view(self, project_id=None, role='admin', release=None, faults=None):
        """Return the same cloud as another identity sees it; role: admin, member or reader. Faults are shared unless given."""
        other = FakeCloud.__new__(FakeCloud)
        other.glance, other.faults = self.glance, faults or self.faults
        other._enter(project_id or self.project_id, role, release)
        return other

    @property
    def is_admin(self):
        """Whether this identity sees and may do everything."""
        return self.role == 'admin'

    def add_project(self, name, domain='Default'):
        """Make a project and return its ID."""
        return self.glance.add_project(name, domain)

    def directory(self):
        """See Cloud."""
        self.faults.calls.append(('directory', None))
        self.faults.check('directory', 'before')
        if not self.is_admin:
            raise Forbidden('the fake Keystone lists projects to administrators only', 'use the role admin')
        return Directory(self.glance.projects, self.project_id)
