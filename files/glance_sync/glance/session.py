"""The session: one identity in one cloud, and what its HTTP answers mean.

keystoneauth carries every call. python-glanceclient is not used: it passes properties as Python keyword
arguments, so that a property called `self` or `remove_props` cannot be set, and it hides when a body ends.
"""

import hashlib
import json
import os
import re
import ssl
import time

from keystoneauth1 import exceptions
from keystoneauth1 import session as keystone_session
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3

from ..errors import Failure, Unreachable, UsageError
from ..text import shown
from .answers import failure, pause, reason

USER_AGENT = 'glance-sync'
TRIES = 3                   # of a call that changes nothing
TOKEN_LIFE = 600            # seconds that a token must still be valid when an upload begins
AGAIN = (429, 500, 502, 503, 504)
BROKEN_TLS = ('timed out', 'connection reset', 'broken pipe', 'eof occurred')     # not a certificate's fault
NO_ANSWER = (exceptions.SSLError, exceptions.ConnectionError, exceptions.RetriableConnectionFailure)
FAILURES = (exceptions.ClientException, exceptions.RetriableConnectionFailure, EnvironmentError)


def _plugin(identity):
    if identity.app_secret:
        if not hasattr(v3, 'ApplicationCredential'):
            raise UsageError('this keystoneauth is too old for application credentials', 'use a password')
        return v3.ApplicationCredential(
            identity.auth_url, application_credential_secret=identity.app_secret.reveal(),
            application_credential_id=identity.app_id, application_credential_name=identity.app_name,
            user_id=identity.user_id, username=identity.username, user_domain_id=identity.user_domain_id,
            user_domain_name=identity.user_domain_name)
    return v3.Password(
        identity.auth_url, username=identity.username, user_id=identity.user_id, password=identity.password.reveal(),
        user_domain_name=identity.user_domain_name, user_domain_id=identity.user_domain_id,
        project_name=identity.project_name, project_id=identity.project_id,
        project_domain_name=identity.project_domain_name, project_domain_id=identity.project_domain_id)


class Session:
    """Calls to the Image API of one cloud as one identity.

    identity: credentials.Identity; timeout: seconds without a byte after which a call fails.
    """

    def __init__(self, identity, timeout):
        self.identity = identity
        self._auth = _plugin(identity)
        self.keystone = keystone_session.Session(
            auth=self._auth, verify=identity.cacert or True, timeout=timeout, user_agent=USER_AGENT)
        self._adapter = None

    def open(self):
        """Authenticate and find the Image API. Raises UsageError on wrong credentials, region or CA, else Unreachable."""
        _check_ca(self.identity.cacert)
        try:
            access = self._auth.get_access(self.keystone)
            endpoint = self._auth.get_endpoint(self.keystone, service_type='image', interface=self.identity.interface,
                                               region_name=self.identity.region)
        except (exceptions.EndpointNotFound, exceptions.EmptyCatalog):
            endpoint = None
        except FAILURES as error:
            raise self.translate(error, self.identity.auth_url)
        if not endpoint:
            raise UsageError('the catalogue of {} has no image endpoint for region {}, interface {}'.format(
                self.identity.auth_url, shown(self.identity.region), self.identity.interface),
                'correct the region (OS_REGION_NAME) or the interface (OS_INTERFACE)')
        self.endpoint = re.sub(r'/v[12](\.\d+)?/?$', '', endpoint.rstrip('/')).rstrip('/')
        self._adapter = Adapter(self.keystone, endpoint_override=self.endpoint)
        self.project_id = access.project_id
        self.origin = self._origin(access)

    def _origin(self, access):
        """Return {'id', 'region'}: stable for the cloud, whichever unit, address or password is used.

        The ID of the image service in Keystone is random, made once for each cloud; the region tells apart Glances that share
        one Keystone, so it must be named where there are several: a new one must not change the origin.
        """
        service = [entry for entry in access.service_catalog.catalog if entry.get('type') == 'image'][0]
        regions = sorted({one.get('region_id') or one.get('region') or '' for one in service['endpoints']})
        if self.identity.region is None and len(regions) > 1:
            raise UsageError('{} has image endpoints in {} regions ({}) and none is named'.format(
                self.identity.auth_url, len(regions), shown(', '.join(regions))), 'set the region (OS_REGION_NAME)')
        region = self.identity.region or regions[0]
        text = '{}/{}'.format(service.get('id') or service['endpoints'][0].get('id'), region)
        return {'id': hashlib.sha256(text.encode('utf-8')).hexdigest()[:32], 'region': region}

    def translate(self, error, where):
        """Return `error`, an exception of keystoneauth, as ours; `where` is the URL that was called."""
        if isinstance(error, exceptions.Unauthorized):
            return UsageError('{} refuses the credentials of user {}'.format(
                where, shown(self.identity.username or self.identity.user_id or self.identity.app_id)),
                'correct the user, the password, the project or the domain')
        if isinstance(error, exceptions.SSLError) and reason(error) not in BROKEN_TLS or 'certificate verify failed' in str(error):
            return UsageError('the TLS certificate of {} is not trusted'.format(where),
                              'set trusted_ssl_ca (or OS_CACERT) to the CA that signed it')
        if isinstance(error, (EnvironmentError,) + NO_ANSWER):
            return Unreachable('{} does not answer ({})'.format(where, reason(error)), 'see whether it is up; the next run tries again')
        if isinstance(error, exceptions.HttpError) and error.http_status >= 500:
            return Unreachable('{} answers {}'.format(where, error.http_status), 'see its log; the next run tries again')
        if isinstance(error, exceptions.ClientException):
            return UsageError('{}: {}'.format(where, shown(error)), 'correct the credentials')
        return error

    def call(self, method, path, again=False, **request):
        """Send one request and return its response (status below 400).

        again: the call changes nothing, so it is tried up to three times. request: what keystoneauth's request takes.
        Raises NotThere (404), Forbidden (403), Conflict (409), Unreachable (no answer, 429, 502-504), Failure (the rest).
        """
        for attempt in range(1, TRIES + 1):
            last = not again or attempt == TRIES
            try:
                response = self._adapter.request(path, method, raise_exc=False, user_agent=USER_AGENT, **request)
            except FAILURES as error:
                found = self.translate(error, request.get('endpoint_override', self.endpoint) + path)
                if last or not isinstance(found, Unreachable):
                    raise found
                time.sleep(pause(None, attempt))
                continue
            if response.status_code in AGAIN and not last:
                response.close()
                time.sleep(pause(response, attempt))
                continue
            if response.status_code >= 400:
                raise failure(response, method, path)
            return response

    def json(self, method, path, body=None, content_type='application/json', endpoint=None):
        """Send one request, its body as JSON, and return the JSON value that comes back; a GET is tried again.

        endpoint: another base URL than that of the Image API. Raises as `call`, and Failure on what is not JSON.
        """
        request = {'endpoint_override': endpoint} if endpoint else {}
        if body is not None:
            request.update(data=json.dumps(body), headers={'Content-Type': content_type})
        response = self.call(method, path, again=method == 'GET', **request)
        try:
            return json.loads(response.content.decode('utf-8'))       # not .text: it guesses the charset, for minutes on a large page
        except ValueError:
            raise Failure('{} {} answers something that is not JSON'.format(method, path.split('?')[0]),
                          'see whether a proxy answers in place of the service')

    def put(self, path, body, size):
        """Send a PUT with a body that can be read once, of `size` bytes; Glance must answer 204.

        A fresh token of our own goes with it: keystoneauth would answer a 401 by sending the body again. Raises as `call`.
        x-openstack-image-size lets stores allocate once, and Glance 31+ refuse a body of another size.
        """
        try:
            if self._auth.get_access(self.keystone).will_expire_soon(TOKEN_LIFE):
                self.keystone.invalidate()
            headers = dict(self.keystone.get_auth_headers() or {})
        except FAILURES as error:
            raise self.translate(error, self.identity.auth_url)
        headers.update({'Content-Type': 'application/octet-stream', 'x-openstack-image-size': str(size)})
        response = self.call('PUT', path, data=body, headers=headers, authenticated=False, redirect=False, log=False)
        if response.status_code != 204:
            raise Failure('PUT {} answers {}, not 204'.format(path, response.status_code), 'see what stands between us and Glance')


def _check_ca(path):
    """Raise UsageError unless `path` (None for the system's own) holds certificates: each client fails in its own odd way."""
    if path and not os.path.isdir(path):
        try:
            ssl.create_default_context(cafile=path)
        except EnvironmentError as error:
            raise UsageError('the CA bundle {} cannot be read ({})'.format(path, shown(error.strerror or error)),
                             'correct trusted_ssl_ca or OS_CACERT')
