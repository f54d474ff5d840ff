"""The cloud: one Glance with its Keystone, as one identity sees them."""

from ..errors import Failure, Forbidden
from ..projects import Directory
from ..records import Project
from .images import Images
from .session import Session
from .transfer import Transfer


class Cloud:
    """What the verbs see of a cloud.

    origin: {'id', 'region'}; images: Images; transfer: Transfer; directory(): projects.Directory.
    """

    def __init__(self, session, images, transfer):
        self._session = session
        self.origin = session.origin
        self.images = images
        self.transfer = transfer

    def directory(self):
        """Return the Directory of all projects. Raises Forbidden when the identity may not list them.

        A Keystone with a list_limit says `truncated` (Identity API v3) and has no next page: half a list would be taken for
        projects that are gone, so that is a Failure. keystoneclient drops that word, therefore the two calls are made here.
        """
        domains = {one['id']: one['name'] for one in self._all('domains')}
        return Directory({one['id']: Project(one['name'], domains.get(one['domain_id'], one['domain_id']))
                          for one in self._all('projects')}, self._session.project_id)

    def _all(self, kind):
        where = '{}/{}'.format(self._session.identity.auth_url, kind)
        try:
            found = self._session.json('GET', '/' + kind, endpoint=self._session.identity.auth_url)
        except Forbidden:
            raise Forbidden('{} is not for this user to list'.format(where), 'glance-sync needs the role admin in a project')
        if found.get('truncated'):
            raise Failure('{} lists only {} of its entries'.format(where, len(found[kind])), 'raise list_limit in keystone.conf')
        return found[kind]


def connect(identity, timeout, throttle):
    """Return the Cloud that `identity` (credentials.Identity) opens.

    timeout: seconds without a byte; throttle: what `Transfer` paces itself with. Raises UsageError or Unreachable.
    """
    session = Session(identity, timeout)
    session.open()
    images = Images(session)
    return Cloud(session, images, Transfer(session, throttle))
