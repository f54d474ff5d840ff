"""Client: a user's HTTP connection to one cloud: get, put, post, patch, delete with a token."""
import requests

from .errors import LabError
from .uwsgi import AGENT

PATCH_TYPE = 'application/openstack-images-v2.1-json-patch'


class Client:
    """Calls as one user in one project. Paths that start with /v3 go to Keystone, all others to Glance.

    verify: path of the CA bundle for https, else True."""

    def __init__(self, *, keystone_url, glance_url, user, password, project, domain='Default', verify=True):
        self.keystone_url, self.glance_url = keystone_url, glance_url
        self.user, self.password, self.project, self.domain = user, password, project, domain
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = verify
        self.session.headers['User-Agent'] = AGENT
        self.project_id = self.user_id = None

    def login(self):
        """Get a token for the project, known by project_id and user_id afterwards."""
        domain = {'name': self.domain}
        body = {'auth': {
            'identity': {'methods': ['password'], 'password': {
                'user': {'name': self.user, 'password': self.password, 'domain': domain}}},
            'scope': {'project': {'name': self.project, 'domain': domain}}}}
        self.session.headers.pop('X-Auth-Token', None)
        answer = self.session.post(self.keystone_url + '/v3/auth/tokens', json=body, timeout=60)
        if answer.status_code != 201:
            raise LabError('no token for %s: %d %s' % (self.user, answer.status_code, answer.text))
        token = answer.json()['token']
        self.project_id, self.user_id = token['project']['id'], token['user']['id']
        self.session.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']

    def call(self, method, path, *, check=True, **options):
        """One request; options as for requests.request. Return the Response.

        LabError on a status of 400 and more, unless check is false."""
        if 'X-Auth-Token' not in self.session.headers:
            self.login()
        url = (self.keystone_url if path.startswith('/v3') else self.glance_url) + path
        options.setdefault('timeout', 120)
        answer = self.session.request(method, url, **options)
        if answer.status_code == 401:
            self.login()
            answer = self.session.request(method, url, **options)
        if check and answer.status_code >= 400:
            raise LabError('%s %s: %d %s' % (method, path, answer.status_code, answer.text[:1000]))
        return answer

    def get(self, path, **options):
        """GET, see call()."""
        return self.call('GET', path, **options)

    def put(self, path, **options):
        """PUT, see call(); data that is bytes or a file goes as application/octet-stream."""
        if 'data' in options:
            options.setdefault('headers', {}).setdefault('Content-Type', 'application/octet-stream')
        return self.call('PUT', path, **options)

    def post(self, path, **options):
        """POST, see call()."""
        return self.call('POST', path, **options)

    def patch(self, path, changes=None, **options):
        """PATCH; changes: a list of JSON patch operations for Glance (else use json=)."""
        if changes is not None:
            options['json'] = changes
            options.setdefault('headers', {}).setdefault('Content-Type', PATCH_TYPE)
        return self.call('PATCH', path, **options)

    def delete(self, path, **options):
        """DELETE, see call()."""
        return self.call('DELETE', path, **options)
