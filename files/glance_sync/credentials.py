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
PASSWORD_TYPES = ('password', 'v3password')
APPLICATION_TYPES = ('v3applicationcredential',)
DEFAULT_DOMAIN = 'Default'
_URL = re.compile(r'https?://(\[[0-9a-f:.]+\]|[^\s/@,?#:\[\]]+)(:[0-9]{1,5})?(/[^\s@,?#]*)?\Z', re.IGNORECASE)
SEE = 'see "Credentials" in README.md'


def identity(values, where, cacert=None):
    """Return the Identity in a dict of OS_* variables.

    where: the file's name for messages; cacert: path of the CA bundle that counts when OS_CACERT is not set.
    Raises UsageError that names all that is missing or wrong, in one line, and quotes no value that could be a secret.
    """
    def get(*names):
        return next((values[name] for name in names if values.get(name)), None)

    problems = []
    found = Identity(
        auth_url=_auth_url(get('OS_AUTH_URL'), get('OS_CLOUD'), problems), region=get('OS_REGION_NAME'),
        interface=_interface(get('OS_INTERFACE', 'OS_ENDPOINT_TYPE'), problems),
        cacert=_cacert(get('OS_CACERT'), problems) or cacert, username=get('OS_USERNAME'), user_id=get('OS_USER_ID'),
        password=_secret(get('OS_PASSWORD')), user_domain_name=get('OS_USER_DOMAIN_NAME'), user_domain_id=get('OS_USER_DOMAIN_ID'),
        project_name=get('OS_PROJECT_NAME', 'OS_TENANT_NAME'), project_id=get('OS_PROJECT_ID', 'OS_TENANT_ID'),
        project_domain_name=get('OS_PROJECT_DOMAIN_NAME'), project_domain_id=get('OS_PROJECT_DOMAIN_ID'),
        app_id=get('OS_APPLICATION_CREDENTIAL_ID'), app_name=get('OS_APPLICATION_CREDENTIAL_NAME'),
        app_secret=_secret(get('OS_APPLICATION_CREDENTIAL_SECRET')))
    found, application = _of_type(found, get('OS_AUTH_TYPE'), problems)
    problems += _missing_application(found) if application else _missing(found)
    if problems:
        raise UsageError('{}: {}'.format(where, '; '.join(problems)), SEE)
    return _with_domains(found, get('OS_DEFAULT_DOMAIN_NAME'), get('OS_DEFAULT_DOMAIN_ID', 'OS_DEFAULT_DOMAIN'))


def _auth_url(url, cloud, problems):
    if not url:
        problems.append('OS_CLOUD and clouds.yaml are not read here, and OS_AUTH_URL is missing' if cloud else 'OS_AUTH_URL is missing')
        return None
    if not _URL.match(url):
        problems.append('OS_AUTH_URL is no plain http or https URL')
        return None
    return re.sub(r'/v(2\.0|3)\Z', '', url.rstrip('/')).rstrip('/') + '/v3'


def _cacert(path, problems):
    if path and not path.startswith('/'):
        problems.append('OS_CACERT "{}" is no absolute path'.format(shown(path)))
    return path


def _of_type(found, kind, problems):
    """Return (Identity, whether it is an application credential); OS_AUTH_TYPE `kind` decides when both are there."""
    kind = (kind or '').lower()
    if kind in PASSWORD_TYPES:
        return found._replace(app_id=None, app_name=None, app_secret=None), False
    if kind and kind not in APPLICATION_TYPES:
        problems.append('OS_AUTH_TYPE "{}" is none of {}'.format(shown(kind), ', '.join(PASSWORD_TYPES + APPLICATION_TYPES)))
    return found, bool(kind in APPLICATION_TYPES or found.app_secret or found.app_id or found.app_name)


def _interface(value, problems):
    value = (value or 'public').lower()
    if value.endswith('url'):
        value = value[:-3]
    if value not in INTERFACES:
        problems.append('OS_INTERFACE "{}" is none of {}'.format(shown(value), ', '.join(INTERFACES)))
    return value


def _secret(value):
    return Secret(value) if value else None


def _missing_application(found):
    missing = [] if found.app_secret else ['OS_APPLICATION_CREDENTIAL_SECRET is missing']
    if not found.app_id and not (found.app_name and (found.username or found.user_id)):
        missing.append('OS_APPLICATION_CREDENTIAL_ID is missing (or its NAME with OS_USERNAME)')
    return missing


def _missing(found):
    missing = []
    if not found.username and not found.user_id:
        missing.append('OS_USERNAME is missing')
    if not found.password:
        missing.append('OS_PASSWORD is missing')
    if not found.project_name and not found.project_id:
        missing.append('OS_PROJECT_NAME is missing')
    return missing


def _with_domains(found, name, domain_id):
    """Return the Identity with the default domain (its name, else its ID, else `Default`) where it names none."""
    if not name and not domain_id:
        name = DEFAULT_DOMAIN
    if found.username and not found.user_domain_name and not found.user_domain_id:
        found = found._replace(user_domain_name=name, user_domain_id=None if name else domain_id)
    if found.project_name and not found.project_id and not found.project_domain_name and not found.project_domain_id:
        found = found._replace(project_domain_name=name, project_domain_id=None if name else domain_id)
    return found


def login(values, where):
    """Return the Login in a dict of MYSQL_* variables, None when there is none. Raises UsageError when it is not whole."""
    given = {key: value for key, value in values.items() if key.startswith('MYSQL_') and value}
    if not given:
        return None
    missing = [key for key in ('MYSQL_HOST', 'MYSQL_USER', 'MYSQL_PASSWORD') if key not in given]
    if missing:
        raise UsageError('{}: {} missing'.format(where, ', '.join(missing) + (' is' if len(missing) == 1 else ' are')),
                         'complete the database login, or remove all MYSQL_*')
    port = given.get('MYSQL_PORT', '3306')
    if not re.match(r'[0-9]{1,5}\Z', port) or not 0 < int(port) < 65536:
        raise UsageError('{}: MYSQL_PORT is no port'.format(where), 'write a number, usually 3306')
    return Login(given['MYSQL_HOST'], int(port), given['MYSQL_USER'], Secret(given['MYSQL_PASSWORD']),
                 given.get('MYSQL_DATABASE', 'glance'))


MASTER_KEYS = {
    'username': 'OS_USERNAME', 'password': 'OS_PASSWORD', 'project': 'OS_PROJECT_NAME', 'region': 'OS_REGION_NAME',
    'auth_url': 'OS_AUTH_URL', 'domain': 'OS_DEFAULT_DOMAIN_NAME', 'user_domain': 'OS_USER_DOMAIN_NAME',
    'project_domain': 'OS_PROJECT_DOMAIN_NAME', 'interface': 'OS_INTERFACE',
}
_MASTER_PART = re.compile(r'\s*(?:^|[,\n])\s*({})[ \t]*=[ \t]*'.format('|'.join(sorted(MASTER_KEYS, reverse=True))))
_OTHER_PART = re.compile(r'[,\n]\s*([A-Za-z_ -]{1,40}?)\s*=')


def master_creds(line, where, cacert=None):
    """Return the Identity in the charm's one line, `username=…, password=…, project=…, region=…, auth_url=…, domain=…`.

    A comma (or a line break) ends a value only where a known key and `=` follow, so passwords may hold commas.
    Quotes mean nothing. Raises UsageError that quotes no value.
    """
    parts = _MASTER_PART.split(line.strip())
    if parts[0].strip():
        raise UsageError('{}: master_creds does not begin with one of {}'.format(where, ', '.join(sorted(MASTER_KEYS))), MASTER_EXAMPLE)
    values = {}
    for key, value in zip(parts[1::2], parts[2::2]):
        if key in values:
            raise UsageError('{}: master_creds has {} twice'.format(where, key), MASTER_EXAMPLE)
        values[key] = value.strip() if key == 'password' else value.strip(', \t\n')
        _check_master_value(key, values[key], where)
    missing = [key for key in ('username', 'password', 'project', 'auth_url') if not values.get(key)]
    if missing:
        raise UsageError('{}: master_creds lacks {}'.format(where, ', '.join(missing)), MASTER_EXAMPLE)
    try:
        return identity({MASTER_KEYS[key]: value for key, value in values.items()}, where, cacert)
    except UsageError as error:
        what = error.what
        for key, name in MASTER_KEYS.items():
            what = what.replace(name, key)
        raise UsageError(what, MASTER_EXAMPLE)


def _check_master_value(key, value, where):
    """A key that is misspelt must not end up inside the value before it: that one is shown to people."""
    other = _OTHER_PART.search(value) if key != 'password' else None
    if other:
        raise UsageError('{}: master_creds has an unknown key "{}" after {}'.format(where, shown(other.group(1)), key), MASTER_EXAMPLE)
    if '\n' in value:
        raise UsageError('{}: {} in master_creds has a line break'.format(where, key), MASTER_EXAMPLE)


MASTER_EXAMPLE = 'write username=…, password=…, project=…, region=…, auth_url=https://…/v3, domain=Default'
