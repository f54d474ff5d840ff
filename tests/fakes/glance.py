"""The fake Glance: images, bits, members, projects and burned IDs, and the time that passes."""

import copy
import hashlib
import time

from glance_sync.records import Project

from .answers import need

EPOCH = 1600000000


class FakeGlance:
    """The state of one cloud; every view of it is a FakeCloud.

    images: {ID: image dict}; bits: {ID: bytes}; people: {ID: {project ID: status}}; burned: IDs in lower case;
    leftovers: IDs whose name a file of refused bits holds in the store; projects: {ID: Project}; roles are the views' own.
    """

    def __init__(self, name):
        self.name = name
        self.images, self.bits, self.people, self.projects = {}, {}, {}, {}
        self.burned, self.leftovers = set(), set()
        self._ticks = 0

    def add_project(self, name, domain='Default'):
        """Make a project (again: nothing) and return its ID, of no likeness to that in another cloud."""
        project_id = hashlib.md5('{}/{}/{}'.format(self.name, domain, name).encode()).hexdigest()
        self.projects[project_id] = Project(name, domain)
        return project_id

    def now(self):
        """Return a time as Glance writes it, a second later with each question."""
        self._ticks += 1
        return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(EPOCH + self._ticks))

    def find(self, image_id):
        """Return the stored image dict, whatever the case of the ID; None when there is none."""
        for key in (image_id, image_id.lower(), image_id.upper()):
            if key in self.images:
                return self.images[key]
        return None

    def insert(self, image):
        """Take a new image. 409 when the ID is taken or burned."""
        need(self.find(image['id']) is None and image['id'].lower() not in self.burned, 409, 'Image ID already exists')
        image['created_at'] = image['updated_at'] = self.now()
        self.images[image['id']] = copy.deepcopy(image)
        self.people[image['id']] = {}

    def update(self, image, values):
        """Change an image and its time."""
        image.update(copy.deepcopy(values))
        image['updated_at'] = self.now()

    def remove(self, image):
        """Delete an image; its ID is burned."""
        self.burned.add(image['id'].lower())
        for store in (self.images, self.bits, self.people):
            store.pop(image['id'], None)

    def purge(self):
        """Forget all deleted IDs, as glance-manage db purge and purge_images_table do."""
        self.burned.clear()

    def stick(self, image_id):
        """Leave an image in saving for good, as a Glance does that was killed during an upload."""
        self.update(self.find(image_id), {'status': 'saving'})
