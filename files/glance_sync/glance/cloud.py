"""The cloud: one Glance with its Keystone, as one identity sees them."""

from keystoneauth1 import exceptions
from keystoneclient.v3 import client

from ..errors import Forbidden
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
        """Return the Directory of all projects. Raises Forbidden when the identity may not list them."""
        keystone = client.Client(session=self._session.keystone, endpoint_override=self._session.identity.auth_url)
        try:
            domains = {domain.id: domain.name for domain in keystone.domains.list()}
            projects = {project.id: Project(project.name, domains.get(project.domain_id, project.domain_id))
                        for project in keystone.projects.list()}
        except exceptions.Forbidden:
            raise Forbidden('{} does not let {} list projects'.format(
                self._session.identity.auth_url, self._session.identity.username), 'glance-sync needs the role admin in a project')
        except exceptions.ClientException as error:
            raise self._session.translate(error, self._session.identity.auth_url)
        return Directory(projects, self._session.project_id)


def connect(identity, timeout, throttle):
    """Return the Cloud that `identity` (credentials.Identity) opens.

    timeout: seconds without a byte; throttle: what `Transfer` paces itself with. Raises UsageError or Unreachable.
    """
    session = Session(identity, timeout)
    session.open()
    images = Images(session)
    return Cloud(session, images, Transfer(session, throttle))
