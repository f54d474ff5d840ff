"""The fake Images: every call that reads or changes an image's metadata."""

import copy

from . import access, rules
from .answers import need
from .faults import call


class FakeImages:
    """glance_sync.glance.images.Images for one view (FakeCloud) of a FakeGlance."""

    def __init__(self, view):
        self.view, self.glance = view, view.glance

    @call
    def capabilities(self):
        """See Images."""
        return self.view.release.capabilities()

    @call
    def list(self):
        """See Images."""
        release = self.view.release
        return ({image['id']: self._shown(image) for image in self.glance.images.values() if access.lists(self.view, image)},
                release.lists_all or release.community)

    @call
    def get(self, image_id):
        """See Images."""
        image = self.glance.find(image_id)
        return self._shown(image) if image is not None and access.sees(self.view, image) else None

    @call
    def create(self, body):
        """See Images."""
        rules.check_creatable(body)
        values = dict(rules.DEFAULTS, owner=self.view.project_id, **rules.BITS)
        values.update({name: value for name, value in self.view.release.take(body).items() if name not in rules.IGNORED})
        values['owner'] = values['owner'] or None
        values['tags'] = sorted(set(values.get('tags', ())))
        rules.check_values(values)
        access.check_given(self.view, values)
        path = '/v2/images/' + values['id']
        self.glance.insert(dict(values, self=path, file=path + '/file', schema='/v2/schemas/image'))
        return self._shown(self.glance.images[values['id']])

    @call
    def patch(self, image_id, operations):
        """See Images."""
        image = access.find_own(self.view, image_id)
        changed = copy.deepcopy(image)
        for one in operations:
            name = one['path'][1:].replace('~1', '/').replace('~0', '~')
            rules.check_patchable(name, one['op'], changed)
            if one['op'] == 'remove':
                del changed[name]
            elif name not in rules.GHOSTS:
                changed.update(self.view.release.take({name: one['value']}))
        changed['tags'] = sorted(set(changed['tags']))
        rules.check_values(changed)
        if changed['owner'] != image['owner'] or changed['visibility'] != image['visibility']:
            access.check_given(self.view, changed)
        for name in set(image) - set(changed):
            del image[name]
        self.glance.update(image, changed)
        return self._shown(image)

    @call
    def set_status(self, image_id, status):
        """See Images."""
        image = access.find_own(self.view, image_id)
        need(image['status'] in ('active', 'deactivated'), 403, 'Not allowed in status {}'.format(image['status']))
        if image['status'] != status:
            self.glance.update(image, {'status': status})

    @call
    def delete(self, image_id):
        """See Images."""
        image = access.find_own(self.view, image_id)
        need(not image['protected'], 403, 'is protected and cannot be deleted')
        self.glance.remove(image)

    @call
    def members(self, image_id):
        """See Images."""
        image = self._shared(access.find(self.view, image_id))
        everyone = sorted(self.glance.people[image['id']].items())
        return [{'member_id': project_id, 'status': status, 'image_id': image['id'], 'schema': '/v2/schemas/member'}
                for project_id, status in everyone if access.owns(self.view, image) or project_id == self.view.project_id]

    @call
    def set_member(self, image_id, project_id, status):
        """See Images."""
        people = self._people(access.find(self.view, image_id))
        need(project_id, 400, 'Member cannot be empty')
        people.setdefault(project_id, 'pending')
        need(self.view.is_admin, 403, 'You are not authorized to complete modify_member action')
        need(status in ('pending', 'accepted', 'rejected'), 400, 'Status must be pending, accepted or rejected')
        people[project_id] = status

    @call
    def remove_member(self, image_id, project_id):
        """See Images."""
        image = self.glance.find(image_id)
        if image is not None and access.sees(self.view, image):
            self._people(image).pop(project_id, None)

    def _people(self, image):
        """Return {project ID: status} of a shared image, to be changed. 403 when it is none, or not ours."""
        need(access.owns(self.view, self._shared(image)), 403, 'You are not authorized')
        return self.glance.people[image['id']]

    @staticmethod
    def _shared(image):
        need(image['visibility'] == 'shared', 403, 'Only shared images have members')
        return image

    def _shown(self, image):
        return copy.deepcopy(self.view.release.show(image))
