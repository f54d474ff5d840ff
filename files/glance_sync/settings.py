"""The settings: glance-sync.conf and the files of credentials that it names."""

import configparser
import difflib
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


def _size(value):
    found = re.match(r'([0-9]{1,15})\s*([KMGT]?)(?:I?B)?\Z', value, re.IGNORECASE)
    if not found:
        raise UsageError('"{}" is no size: write bytes, or a number with K, M, G or T'.format(shown(value)))
    return int(found.group(1)) * UNITS[found.group(2).upper()]


def _time(value):
    found = re.match(r'([0-9]{1,9})\s*([smhdw]?)\Z', value, re.IGNORECASE)
    if not found:
        raise UsageError('"{}" is no time: write seconds, or a number with s, m, h, d or w'.format(shown(value)))
    return int(found.group(1)) * TIMES[found.group(2).lower()]


def _flag(value):
    known = configparser.RawConfigParser.BOOLEAN_STATES
    if value.lower() not in known:
        raise UsageError('"{}" is neither yes nor no'.format(shown(value)))
    return known[value.lower()]


def _path(value):
    if value and (not os.path.isabs(value) or not value.isprintable()):
        raise UsageError('"{}" is no absolute path'.format(shown(value)))
    return value


def _folder(value):
    if not _path(value).strip('/.'):
        raise UsageError('"{}" is no folder of its own'.format(shown(value)))
    return value


def _secret_path(value):
    """A path, of which nothing is quoted: operators write the secret itself there."""
    if value and (not os.path.isabs(value) or not value.isprintable()):
        raise UsageError('is no absolute path: write the credentials into a file, mode 0600, and its path here')
    return value


def _words(value):
    return tuple(value.replace(',', ' ').split())


# key -> (default, parser, the field of Settings when it has another name)
KEYS = {
    'mode': ('', _choice('master', 'slave')),
    'data_dir': ('/srv/glance_sync/data', _folder),
    'config_dir': ('/srv/glance_sync/config', _folder),
    'log_dir': ('/srv/glance_sync/logs', _folder),
    'novarc': ('', _secret_path),
    'trusted_ssl_ca': ('', _path),
    'sync_source': ('', source.parse),
    'ssh_identity': ('', _secret_path),
    'ssh_known_hosts': ('', _path),
    'master_creds': ('', _secret_path),
    'workers': ('2', _number(1, 64)),
    'bandwidth_limit': ('0', _number(0, 10 ** 9)),
    'request_timeout': ('300', _number(1, 86400)),
    'select': ('', selection.parse),
    'max_visibility': ('', _choice('', *VISIBILITIES)),
    'property_deny': ('', _words),
    'project_map': ('', projects.parse),
    'deletion': ('keep', _choice(*deletion.MODES)),
    'max_delete': ('5', deletion.parse_cap),
    'delete_grace': ('0', _time),
    'max_image_size': ('0', _size),
    'keep_data': ('yes', _flag),
}
FIELDS = {'sync_source': 'sources', 'select': 'selection'}


def default_path(script):
    """Return the configuration that an executable at path `script` reads when none is named: ../config beside script_dir."""
    return os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(script))), 'config', 'glance-sync.conf')


def load(path):
    """Return the Settings in the INI file at `path`. Raises UsageError that names every problem at once, in one line."""
    values, problems = _read(path)
    problems += ['unknown key "{}"{}'.format(shown(key), _meant(key)) for key in sorted(values) if key not in KEYS]
    parsed = {'path': path}
    for key, (default, parse) in sorted(KEYS.items()):
        try:
            parsed[FIELDS.get(key, key)] = parse(values.get(key, default).strip())
        except UsageError as error:
            text = shown(error, 600)
            problems.append(text if text.startswith(key + ':') else '{}: {}'.format(key, text))
    if not problems:
        parsed.update(_defaults(parsed))
        problems = _missing(parsed)
    if problems:
        raise UsageError('{}: {}'.format(path, '; '.join(problems)), 'correct the file')
    return Settings(**parsed)


def _meant(key):
    near = difflib.get_close_matches(key, sorted(KEYS), 1, 0.8)
    return ' (do you mean {}?)'.format(near[0]) if near else ''


def _read(path):
    parser = configparser.RawConfigParser(strict=True, default_section='')      # [DEFAULT] is a section like any other
    try:
        with open(path, encoding='utf-8-sig') as lines:
            parser.read_file(lines, path)
    except FileNotFoundError:
        raise UsageError('there is no configuration {}'.format(path), 'name it with --config')
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable('configuration', path, error)
    except configparser.Error as error:
        raise UsageError('{} does not parse: {}'.format(path, _parse_problem(error)), 'correct the file')
    problems = ['unknown section [{}]'.format(shown(name)) for name in parser.sections() if name != SECTION]
    if not parser.has_section(SECTION):
        raise UsageError('{} has no section [{}]'.format(path, SECTION), 'correct the file')
    return dict(parser.items(SECTION)), problems


def _parse_problem(error):
    """Return what configparser says of its input, without the line itself: it may hold a secret."""
    if isinstance(error, configparser.DuplicateOptionError):
        return 'line {}: {} stands twice'.format(error.lineno, shown(error.option))
    if isinstance(error, configparser.DuplicateSectionError):
        return 'line {}: section [{}] stands twice'.format(error.lineno, shown(error.section))
    if isinstance(error, configparser.MissingSectionHeaderError):
        return 'line {} comes before [{}]'.format(error.lineno, SECTION)
    if isinstance(error, configparser.ParsingError):
        return 'no "key = value" in line ' + ', '.join(str(line) for line, text in getattr(error, 'errors', ()))
    return type(error).__name__


def _unreadable(what, path, error):
    if isinstance(error, UnicodeDecodeError):
        return UsageError('{} {} is no text in UTF-8'.format(what, path), 'write it anew')
    return UsageError('{} {} cannot be read ({})'.format(what, path, error.strerror), 'see its owner and mode')


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
        with open(path, encoding='utf-8-sig') as lines:
            return lines.read()
    except FileNotFoundError:
        raise UsageError('{} {} is missing'.format(key, path), 'write it, mode 0600')
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(key, path, error)


def read_novarc(settings):
    """Return (Identity, Login or None) of the novarc that Settings name. Raises UsageError."""
    values = novarc.parse(_read_credentials(settings.novarc, 'novarc'), settings.novarc, os.path.expanduser('~'))
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
