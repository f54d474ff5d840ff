"""Cloud: one region with its own Keystone and Glance, databases, accounts and image store."""
import os
import shlex

from .errors import LabError
from .images import Images
from .services import Services


class Cloud(Services):
    """A running cloud; Lab.cloud(name, ...) makes it, with these settings:

    region, admin_password: made up from the name unless given; the password needs quoting everywhere.
    database: 'sqlite' (one request at a time) or 'mariadb' (four), see also workers and threads, of Glance.
    store: a folder for the images elsewhere, as on a small file system.
    tls: https endpoints, signed by lab.ca.
    proxied: rules of a lab.proxy() that the catalogue names as Glance's internal endpoint (OS_INTERFACE=internal).
    glance_options, keystone_options: {section: {key: value}}; the section uwsgi goes to the service's uWSGI."""

    @property
    def admin(self):
        """OS_* settings of the administrator, scoped to the project admin (no OS_CACERT: say it yourself)."""
        return {'OS_AUTH_URL': self.auth_url, 'OS_USERNAME': 'admin', 'OS_PASSWORD': self.password,
                'OS_PROJECT_NAME': 'admin', 'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default',
                'OS_REGION_NAME': self.region, 'OS_IDENTITY_API_VERSION': '3'}

    @property
    def database(self):
        """MYSQL_* settings of an account that may only SELECT from Glance's database."""
        if self.reader is None:
            raise LabError("cloud %s has no MariaDB: start it with database='mariadb'" % self.name)
        return dict(self.reader)

    def novarc(self, path, *, with_database=False, **overrides):
        """Write a novarc (mode 0600) of the administrator; return path. A value of None drops a key."""
        settings = dict(self.admin, **(self.database if with_database else {}))
        settings.update(overrides)
        lines = ['export %s=%s\n' % (key, shlex.quote(str(value)))
                 for key, value in settings.items() if value is not None]
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
            file.writelines(lines)
        os.chmod(path, 0o600)
        return path

    def create_domain(self, name):
        """See Identity.create_domain."""
        return self.identity.create_domain(name)

    def create_project(self, name, domain='Default'):
        """See Identity.create_project."""
        return self.identity.create_project(name, domain)

    def create_user(self, name, password, project=None, role='member', domain='Default'):
        """See Identity.create_user."""
        return self.identity.create_user(name, password, project, role, domain)

    @property
    def image_api(self):
        """Images as the administrator."""
        return Images(self.api)

    def image(self, name=None, data=None, *, client=None, **attributes):
        """Make an image, as another Client if given: see Images.image."""
        images = Images(client) if client else self.image_api
        return images.image(name, data, **attributes)

    def images(self):
        """Every image: {id: image}."""
        return self.image_api.all()

    def members(self, image_id):
        """Members of an image: {project id: status}."""
        return self.image_api.members(image_id)

    def data(self, image_id):
        """The bits of an image."""
        return self.image_api.data(image_id)

    def change(self, image_id, **values):
        """Change an image: see Images.change."""
        return self.image_api.change(image_id, **values)

    def call(self, method, path, **options):
        """One request as administrator: see Client.call. get, put, post, patch, delete are short for it."""
        return self.api.call(method, path, **options)

    get = property(lambda self: self.api.get)
    put = property(lambda self: self.api.put)
    post = property(lambda self: self.api.post)
    patch = property(lambda self: self.api.patch)
    delete = property(lambda self: self.api.delete)

    def mark(self):
        """A position in Glance's access log, for requests()."""
        return self.glance.mark()

    def requests(self, since=0, own=False):
        """Requests that Glance answered since a mark: [(method, path, status)]; see Uwsgi.requests."""
        return self.glance.requests(since, own)

    def sql(self, statement, args=()):
        """Run SQL on Glance's database with all rights; ? or %s for args. Return a list of tuples."""
        return self.glance.database.sql(statement, args)
