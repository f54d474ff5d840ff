"""The Image API: every call that reads or changes an image's metadata."""

from contextlib import suppress
from urllib.parse import quote, urlencode

from .. import records
from ..attributes import MODERN, Capabilities
from ..errors import Conflict, Failure, NotThere
from ..text import shown

PAGE = 1000     # api_limit_max; a larger one is cut silently
PATCH_TYPE = 'application/openstack-images-v2.1-json-patch'


class Images:
    """Metadata of the images of one cloud, through a Session."""

    def __init__(self, session):
        self._session = session
        self._capabilities = None

    def capabilities(self):
        """Return the Capabilities of this Glance, detected: from its image schema, unless `list` has seen that it is modern."""
        if self._capabilities is None:
            properties = self._session.json('GET', '/v2/schemas/image')['properties']
            known = properties.get('visibility', {}).get('enum') or ('private', 'public')
            self._capabilities = Capabilities(
                frozenset(known) & frozenset(records.VISIBILITIES), 'os_hidden' in properties, 'os_hash_algo' in properties)
        return self._capabilities

    def list(self):
        """Return ({image ID: image dict}, complete): every image that the API lists, hidden ones too.

        complete: False where this Glance lists no community images of other projects (before Ocata). visibility=all (since
        Stein) leaves hidden images out, so they are asked for. An older Glance answers 400 to a visibility it does not know.
        """
        found = self._listed({'visibility': 'all'})
        if found is not None:
            self._capabilities = MODERN     # Stein, so it has what Ocata (community) and Rocky (os_hidden, os_hash) brought
            found.update(self._listed({'visibility': 'all', 'os_hidden': 'true'}))
            return found, True
        found, community = self._listed({}), self._listed({'visibility': 'community'})
        found.update(community or {})
        if self.capabilities().hidden:
            for query in ({}, {'visibility': 'community'}):
                found.update(self._listed(dict(query, os_hidden='true')) or {})
        return found, community is not None

    def _listed(self, query):
        """Return {image ID: image dict} of a whole listing, None when this Glance does not know the visibility."""
        try:
            return {image['id']: image for image in self._pages(query)}
        except Failure as error:
            if 'visibility' in query and ' answers 400' in error.what:
                return None
            raise

    def _pages(self, query):
        path = '/v2/images?' + urlencode(sorted(dict(query, limit=PAGE).items()))
        asked = set()
        while path:
            if path in asked or not path.startswith('/v2/'):
                raise Failure('the image list goes on at {}'.format(shown(path)), 'see the proxies in front of Glance')
            asked.add(path)
            page = self._session.json('GET', path)
            if not isinstance(page, dict) or not isinstance(page.get('images'), list):
                raise Failure('GET /v2/images answers something that is no list of images', 'see whether a proxy answers for Glance')
            for image in page['images']:
                yield image
            path = page.get('next')

    def get(self, image_id):
        """Return the image dict of an ID, None when there is none (or it is deleted, or not ours to see)."""
        try:
            return self._session.json('GET', _path(image_id))
        except NotThere:
            return None

    def members(self, image_id):
        """Return the members of a shared image: dicts with member_id and status."""
        return self._session.json('GET', _path(image_id) + '/members')['members']

    def create(self, body):
        """Create a queued image from `body` and return its dict. Raises Conflict when the ID is taken or burned."""
        return self._session.json('POST', '/v2/images', body)

    def patch(self, image_id, operations):
        """Apply a JSON patch and return the image dict that results."""
        return self._session.json('PATCH', _path(image_id), operations, PATCH_TYPE)

    def set_status(self, image_id, status):
        """Deactivate or reactivate an image; both calls may be repeated."""
        action = 'deactivate' if status == 'deactivated' else 'reactivate'
        self._session.call('POST', '{}/actions/{}'.format(_path(image_id), action))

    def set_member(self, image_id, project_id, status):
        """Make a project a member with that status, or change its status."""
        members = _path(image_id) + '/members'
        with suppress(Conflict):        # it is a member already, only the status counts
            self._session.json('POST', members, {'member': project_id})
        self._session.json('PUT', '{}/{}'.format(members, quote(project_id, safe='')), {'status': status})

    def remove_member(self, image_id, project_id):
        """Take a project off the members; one that is gone already is no error."""
        with suppress(NotThere):
            self._session.call('DELETE', '{}/members/{}'.format(_path(image_id), quote(project_id, safe='')))

    def delete(self, image_id):
        """Delete an image. Its ID is burned by that: only deletion.py decides on it."""
        self._session.call('DELETE', _path(image_id))


def _path(image_id):
    return '/v2/images/' + quote(image_id, safe='')
