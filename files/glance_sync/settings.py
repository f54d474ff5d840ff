"""The settings: glance-sync.conf and the files of credentials that it names."""

import configparser
import os
import re
from collections import namedtuple

from . import credentials, deletion, novarc, projects, selection, source
from .errors import UsageError
from .records import VISIBILITIES
from .text import shown

SECTION = 'glance-sync'
UNITS = {'': 1, 'K': 2 ** 10, 'M': 2 ** 20, 'G': 2 ** 30, 'T': 2 ** 40}
TIMES = {'': 1, 's': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400}

Settings = namedtuple('Settings', (
    'path mode data_dir config_dir log_dir novarc trusted_ssl_ca sources ssh_identity ssh_known_hosts master_creds workers '
    'bandwidth_limit request_timeout selection max_visibility property_deny project_map deletion max_delete delete_grace '
    'max_image_size keep_data'))
"""The configuration, parsed. bandwidth_limit: KiB/s, 0 for none; request_timeout, delete_grace: seconds;
max_image_size: bytes, 0 for none; sources: [source.Source, ...]; the rest as files/README.md describes it."""


def _text(value):
    return value


def _choice(*choices):
    def parse(value):
        if value not in choices:
            raise UsageError('"{}" is none of {}'.format(shown(value), ', '.join(choice or '(empty)' for choice in choices)))
        return value
    return parse


def _number(low, high):
    def parse(value):
        if not re.match(r'[0-9]{1,12}\Z', value) or not low <= int(value) <= high:
            raise UsageError('"{}" is no whole number from {} to {}'.format(shown(value), low, high))
        return int(value)
    return parse


def _scaled(units):
    known = ', '.join(unit for unit in sorted(units) if unit)

    def parse(value):
        found = re.match(r'([0-9]{1,15})\s*([A-Za-z]*)\Z', value)
        unit = found.group(2) if found else None
        if unit is not None and unit not in units and unit.upper().rstrip('B').rstrip('I') in units:
            unit = unit.upper().rstrip('B').rstrip('I')
        if unit not in units:
            raise UsageError('"{}" is no number with a unit of {}'.format(shown(value), known))
        return int(found.group(1)) * units[unit]
    return parse


def _flag(value):
    known = configparser.RawConfigParser.BOOLEAN_STATES
    if value.lower() not in known:
        raise UsageError('"{}" is neither yes nor no'.format(shown(value)))
    return known[value.lower()]


def _path(value):
    if value and not os.path.isabs(value):
        raise UsageError('"{}" is no absolute path'.format(shown(value)))
    return value


def _words(value):
    return tuple(value.replace(',', ' ').split())


# key -> (default, parser, the field of Settings when it has another name)
KEYS = {
    'mode': ('', _choice('master', 'slave')),
    'data_dir': ('/srv/glance_sync/data', _path),
    'config_dir': ('/srv/glance_sync/config', _path),
    'log_dir': ('/srv/glance_sync/logs', _path),
    'novarc': ('', _path),
    'trusted_ssl_ca': ('', _path),
    'sync_source': ('', source.parse),
    'ssh_identity': ('', _path),
    'ssh_known_hosts': ('', _path),
    'master_creds': ('', _path),
    'workers': ('2', _number(1, 64)),
    'bandwidth_limit': ('0', _number(0, 10 ** 9)),
    'request_timeout': ('300', _number(1, 86400)),
    'select': ('', selection.parse),
    'max_visibility': ('', _choice('', *VISIBILITIES)),
    'property_deny': ('', _words),
    'project_map': ('', projects.parse),
    'deletion': ('keep', _choice(*deletion.MODES)),
    'max_delete': ('5', deletion.parse_cap),
    'delete_grace': ('0', _scaled(TIMES)),
    'max_image_size': ('0', _scaled(UNITS)),
    'keep_data': ('yes', _flag),
}
FIELDS = {'sync_source': 'sources', 'select': 'selection'}


def default_path(script):
    """Return the configuration that an executable at path `script` reads when none is named: ../config beside script_dir."""
    return os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(script))), 'config', 'glance-sync.conf')


def load(path):
    """Return the Settings in the INI file at `path`. Raises UsageError that names every problem at once."""
    values, problems = _read(path)
    for key in sorted(values):
        if key not in KEYS:
            problems.append('unknown key "{}"'.format(shown(key)))
    parsed = {'path': path}
    for key, (default, parse) in sorted(KEYS.items()):
        try:
            parsed[FIELDS.get(key, key)] = parse(values.get(key, default).strip())
        except UsageError as error:
            text = str(error)
            problems.append(text if text.startswith(key + ':') else '{}: {}'.format(key, text))
    if not problems:
        parsed.update(_defaults(parsed))
        problems = _missing(parsed)
    if problems:
        raise UsageError('{}: {}'.format(path, '; '.join(problems)), 'correct the file')
    return Settings(**parsed)


def _read(path):
    parser = configparser.RawConfigParser(strict=True)
    try:
        with open(path, encoding='utf-8-sig') as lines:
            parser.read_file(lines, path)
    except FileNotFoundError:
        raise UsageError('there is no configuration {}'.format(path), 'name it with --config')
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError('{} cannot be read ({})'.format(path, error), 'see its owner and mode')
    except configparser.Error as error:
        raise UsageError('{} does not parse: {}'.format(path, shown(' '.join(str(error).split()), 300)), 'correct the file')
    problems = ['unknown section [{}]'.format(shown(name)) for name in parser.sections() if name != SECTION]
    if not parser.has_section(SECTION):
        raise UsageError('{} has no section [{}]'.format(path, SECTION), 'correct the file')
    return dict(parser.items(SECTION)), problems


def _defaults(parsed):
    """Return the values that follow from others when they are not set."""
    inside = parsed['config_dir']
    found = {'novarc': parsed['novarc'] or os.path.join(inside, 'novarc')}
    if parsed['mode'] == 'slave':
        found['ssh_identity'] = parsed['ssh_identity'] or os.path.expanduser('~/.ssh/id_rsa')
        found['ssh_known_hosts'] = parsed['ssh_known_hosts'] or os.path.join(inside, 'known_hosts')
    return found


def _missing(parsed):
    if parsed['mode'] == 'master' and (parsed['sources'] or parsed['master_creds']):
        return ['sync_source and master_creds belong to a slave, this is mode = master']
    return []


def _read_credentials(path, key):
    try:
        with open(path, encoding='utf-8') as lines:
            return lines.read()
    except FileNotFoundError:
        raise UsageError('{} {} is missing'.format(key, path), 'write it, mode 0600')
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError('{} {} cannot be read ({})'.format(key, path, error), 'see its owner and mode')


def read_novarc(settings):
    """Return (Identity, Login or None) of the novarc that Settings name. Raises UsageError."""
    values = novarc.parse(_read_credentials(settings.novarc, 'novarc'), settings.novarc)
    return (credentials.identity(values, settings.novarc, settings.trusted_ssl_ca or None),
            credentials.login(values, settings.novarc))


def read_master_creds(settings):
    """Return the Identity in the file of master_creds, None when it is not set or empty. Raises UsageError."""
    if not settings.master_creds:
        return None
    line = _read_credentials(settings.master_creds, 'master_creds')
    if not line.strip():
        return None
    return credentials.master_creds(line, settings.master_creds, settings.trusted_ssl_ca or None)
