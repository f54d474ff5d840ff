"""Services: Keystone and Glance of one cloud, with what stands before them, to start, stop and break."""
import secrets
from concurrent.futures import ThreadPoolExecutor

from .client import Client
from .database import MariaDatabase, SqliteDatabase
from .errors import LabError
from .glance import Glance
from .identity import Identity
from .keystone import Keystone, write_keys
from .template import BOOTSTRAP


class Services:
    """The running half of a Cloud, which says what the settings mean."""

    def __init__(self, lab, name, *, region=None, database='sqlite', tls=False, workers=1, threads=None, proxied=None,
                 store=None, glance_options=None, keystone_options=None, admin_password=None):
        if database not in ('sqlite', 'mariadb'):
            raise LabError('database must be sqlite or mariadb, not %r' % database)
        self.lab, self.name, self.tls = lab, name, tls
        self.region = region or 'Region' + name.capitalize()
        self.password = admin_password or "a=%s, $HOME 'q\" #" % secrets.token_hex(4)
        self.folder = lab.folder / name
        self.folder.mkdir(mode=0o700)
        self.mariadb = lab.mariadb if database == 'mariadb' else None
        self.keystone = self._service(Keystone, 'keystone', options=keystone_options)
        self.glance = self._service(Glance, 'glance', workers=workers, threads=threads, options=glance_options,
                                    store=store)
        self.store = self.glance.store
        self.tunnel = self.proxy = None
        self._proxied = proxied
        self.reader = self.glance.database.reader() if self.mariadb else None

    def _service(self, kind, name, **settings):
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        if self.mariadb:
            database = MariaDatabase(self.mariadb, '%s_%s' % (name, self.name), name)
        else:
            database = SqliteDatabase(folder / (name + '.sqlite'), name)
        return kind(self.lab, self.name, folder, database, **settings)

    def start(self):
        """Start everything, make accounts and catalogue; Lab does it once."""
        if self.tls:
            self.tunnel = self.lab.tunnel(self.name, keystone=self.keystone.port, glance=self.glance.port)
            self.keystone.public_url = self.tunnel.url('keystone')
            self.glance.public_url = self.tunnel.url('glance')
        if self._proxied is not None:
            self.proxy = self.lab.proxy(self.glance.address, self._proxied)
        glance_password = secrets.token_hex(16)
        self.glance.authtoken = self._authtoken(glance_password)
        write_keys(self.keystone.folder)
        self.keystone.configure()
        self.glance.configure()
        with ThreadPoolExecutor(2) as pool:
            glance = pool.submit(self.glance.start)
            pool.submit(self._start_keystone, glance_password).result()
            glance.result()

    def _authtoken(self, password):
        settings = {'auth_type': 'password', 'auth_url': self.auth_url, 'www_authenticate_uri': self.auth_url,
                    'username': 'glance', 'password': password, 'project_name': 'service',
                    'user_domain_name': 'Default', 'project_domain_name': 'Default',
                    'interface': 'public', 'region_name': self.region}
        if self.tls:
            settings['cafile'] = self.lab.ca.pem
        return settings

    def _start_keystone(self, glance_password):
        self.keystone.start()
        Identity(self._client(BOOTSTRAP, BOOTSTRAP, BOOTSTRAP)).take_over(self.password, glance_password)
        self.api = self.client()
        self.identity = Identity(self.api)
        self.identity.forget_template()
        glance = {'public': self.glance_url, 'admin': self.glance_url,
                  'internal': self.proxy.url if self.proxy else self.glance_url}
        self.identity.register(self.region, {
            'identity': dict.fromkeys(('public', 'internal', 'admin'), self.auth_url), 'image': glance})

    def start_glance(self, options=None):
        """Start Glance (again), with further options that stay."""
        self.glance.configure(options)
        self.glance.start()

    def stop_glance(self):
        """Stop Glance in order."""
        self.glance.stop()

    def kill_glance(self):
        """kill -9 of Glance and its workers."""
        self.glance.kill()

    def start_keystone(self, options=None):
        """Start Keystone (again), with further options that stay."""
        self.keystone.configure(options)
        self.keystone.start()

    def stop_keystone(self):
        """Stop Keystone in order."""
        self.keystone.stop()

    @property
    def auth_url(self):
        """Keystone's public address, with /v3."""
        return self.keystone.public_url + '/v3'

    @property
    def glance_url(self):
        """Glance's public address."""
        return self.glance.public_url

    def client(self, user='admin', password=None, project='admin', domain='Default'):
        """A Client of another user; without a password: of the administrator."""
        return self._client(user, password or self.password, project, domain)

    def _client(self, user, password, project, domain='Default'):
        return Client(keystone_url=self.keystone.public_url, glance_url=self.glance_url, user=user,
                      password=password, project=project, domain=domain,
                      verify=str(self.lab.ca.pem) if self.tls else True)
