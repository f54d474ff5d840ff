"""Credentials: novarc and master_creds, parsed and never executed."""

import re
from collections import namedtuple

from .errors import UsageError
from .text import shown


class Secret:
    """A text that no repr, log line or format call shows; `reveal()` gives it to the one who needs it."""

    def __init__(self, value):
        self._value = value

    def reveal(self):
        """Return the text itself."""
        return self._value

    def __repr__(self):
        return '<secret>'

    __str__ = __repr__


Identity = namedtuple('Identity', (
    'auth_url region interface cacert username user_id password user_domain_name user_domain_id '
    'project_name project_id project_domain_name project_domain_id app_id app_name app_secret'))
"""Who we are in a Keystone. password, app_secret: Secret or None; the rest texts or None."""

Login = namedtuple('Login', 'host port user password database')
"""A database login; password: Secret."""

INTERFACES = ('public', 'internal', 'admin')
DEFAULT_DOMAIN = 'Default'


def identity(values, where, cacert=None):
    """Return the Identity in a dict of OS_* variables.

    where: the file's name for messages; cacert: path of the CA bundle that counts when OS_CACERT is not set.
    Raises UsageError that names all that is missing or wrong, in one line.
    """
    problems = []
    get = values.get
    found = Identity(
        auth_url=_auth_url(get('OS_AUTH_URL'), problems), region=get('OS_REGION_NAME'),
        interface=_interface(get('OS_INTERFACE') or get('OS_ENDPOINT_TYPE'), problems),
        cacert=get('OS_CACERT') or cacert, username=get('OS_USERNAME'), user_id=get('OS_USER_ID'),
        password=_secret(get('OS_PASSWORD')), user_domain_name=get('OS_USER_DOMAIN_NAME'), user_domain_id=get('OS_USER_DOMAIN_ID'),
        project_name=get('OS_PROJECT_NAME') or get('OS_TENANT_NAME'), project_id=get('OS_PROJECT_ID') or get('OS_TENANT_ID'),
        project_domain_name=get('OS_PROJECT_DOMAIN_NAME'), project_domain_id=get('OS_PROJECT_DOMAIN_ID'),
        app_id=get('OS_APPLICATION_CREDENTIAL_ID'), app_name=get('OS_APPLICATION_CREDENTIAL_NAME'),
        app_secret=_secret(get('OS_APPLICATION_CREDENTIAL_SECRET')))
    problems += _missing(found)
    if problems:
        raise UsageError('{}: {}'.format(where, '; '.join(problems)), 'see "Credentials" in README.md')
    return _with_domains(found, get('OS_DEFAULT_DOMAIN') or get('OS_DEFAULT_DOMAIN_NAME') or DEFAULT_DOMAIN)


def _auth_url(url, problems):
    if not url:
        problems.append('OS_AUTH_URL is missing')
        return None
    if not re.match(r'https?://[^\s/]+', url):
        problems.append('OS_AUTH_URL "{}" is no http or https URL'.format(shown(url)))
        return None
    url = url.rstrip('/')
    if url.endswith('/v2.0'):
        url = url[:-len('/v2.0')]
    return url if url.endswith('/v3') else url + '/v3'


def _interface(value, problems):
    value = (value or 'public').lower()
    if value.endswith('url'):
        value = value[:-3]
    if value not in INTERFACES:
        problems.append('OS_INTERFACE "{}" is none of {}'.format(shown(value), ', '.join(INTERFACES)))
    return value


def _secret(value):
    return Secret(value) if value else None


def _missing(found):
    if found.app_secret or found.app_id or found.app_name:
        missing = [] if found.app_secret else ['OS_APPLICATION_CREDENTIAL_SECRET is missing']
        if not found.app_id and not (found.app_name and (found.username or found.user_id)):
            missing.append('OS_APPLICATION_CREDENTIAL_ID is missing (or its NAME with OS_USERNAME)')
        return missing
    missing = []
    if not found.username and not found.user_id:
        missing.append('OS_USERNAME is missing')
    if not found.password:
        missing.append('OS_PASSWORD is missing')
    if not found.project_name and not found.project_id:
        missing.append('OS_PROJECT_NAME is missing')
    return missing


def _with_domains(found, default):
    if found.username and not found.user_domain_name and not found.user_domain_id:
        found = found._replace(user_domain_name=default)
    if found.project_name and not found.project_id and not found.project_domain_name and not found.project_domain_id:
        found = found._replace(project_domain_name=default)
    return found


def login(values, where):
    """Return the Login in a dict of MYSQL_* variables, None when there is none. Raises UsageError when it is not whole."""
    if not any(key.startswith('MYSQL_') for key in values):
        return None
    missing = [key for key in ('MYSQL_HOST', 'MYSQL_USER', 'MYSQL_PASSWORD') if not values.get(key)]
    if missing:
        raise UsageError('{}: {} is missing'.format(where, ', '.join(missing)), 'complete the database login, or remove all MYSQL_*')
    try:
        port = int(values.get('MYSQL_PORT') or 3306)
    except ValueError:
        raise UsageError('{}: MYSQL_PORT is not a number'.format(where), 'write the port, usually 3306')
    return Login(values['MYSQL_HOST'], port, values['MYSQL_USER'], Secret(values['MYSQL_PASSWORD']),
                 values.get('MYSQL_DATABASE') or 'glance')


MASTER_KEYS = {
    'username': 'OS_USERNAME', 'password': 'OS_PASSWORD', 'project': 'OS_PROJECT_NAME', 'region': 'OS_REGION_NAME',
    'auth_url': 'OS_AUTH_URL', 'domain': 'OS_DEFAULT_DOMAIN', 'user_domain': 'OS_USER_DOMAIN_NAME',
    'project_domain': 'OS_PROJECT_DOMAIN_NAME', 'interface': 'OS_INTERFACE',
}
_MASTER_PART = re.compile(r'\s*(?:^|,)\s*({})\s*=\s*'.format('|'.join(sorted(MASTER_KEYS, reverse=True))))


def master_creds(line, where, cacert=None):
    """Return the Identity in the charm's one line, `username=…, password=…, project=…, region=…, auth_url=…, domain=…`.

    A comma ends a value only where a known key and `=` follow, so passwords may hold commas.
    Raises UsageError that quotes no value.
    """
    line = ' '.join(line.split('\n')).strip()
    parts = _MASTER_PART.split(line)
    if parts[0].strip():
        raise UsageError('{}: master_creds does not begin with one of {}'.format(where, ', '.join(sorted(MASTER_KEYS))), MASTER_EXAMPLE)
    values = {}
    for key, value in zip(parts[1::2], parts[2::2]):
        if key in values:
            raise UsageError('{}: master_creds has {} twice'.format(where, key), MASTER_EXAMPLE)
        values[key] = value.strip().rstrip(',') if key != 'password' else value.rstrip()
    missing = [key for key in ('username', 'password', 'project', 'auth_url') if not values.get(key)]
    if missing:
        raise UsageError('{}: master_creds lacks {}'.format(where, ', '.join(missing)), MASTER_EXAMPLE)
    return identity({MASTER_KEYS[key]: value for key, value in values.items()}, where, cacert)


MASTER_EXAMPLE = 'write username=…, password=…, project=…, region=…, auth_url=https://…/v3, domain=Default'
