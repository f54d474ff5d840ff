"""The source: where a slave pulls from, as operators write it in sync_source."""

import re
from collections import namedtuple

from .errors import UsageError
from .text import shown

Source = namedtuple('Source', 'user host port path')
"""user: '' for ssh's default; port: int or None; path: absolute, without a slash at the end."""

_USER = r'(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@)?'
_HOST = r'(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])'
_PATH = r'(?P<path>/[A-Za-z0-9_./+=,-]*)'
_SCP = re.compile(_USER + _HOST + ':(?!//)' + _PATH + r'\Z')      # host://path is a URL of something else
_URL = re.compile('ssh://' + _USER + _HOST + r'(?::(?P<port>[0-9]{1,5}))?' + _PATH + r'\Z')


def parse(text):
    """Return the [Source, ...] in `text`, by white space (and commas), in the order in which they are tried.

    Takes `[user@]host:/path` and `ssh://[user@]host[:port]/path`; IPv6 addresses in brackets. A path is absolute and
    holds only characters that no shell cares about. Raises UsageError that quotes what does not parse.
    """
    words = [word.rstrip(',') for word in text.split()]
    return [_one(word) for word in words if word]


def _one(word):
    found = _URL.match(word) or _SCP.match(word)
    parts = found.groupdict() if found else {}
    port = int(parts['port']) if parts.get('port') else None
    if not found or '/../' in parts['path'] + '/' or (port is not None and not 0 < port < 65536):
        without_password = re.sub(r':[^@/]*@', ':...@', word)
        raise UsageError('sync_source: "{}" does not parse'.format(shown(without_password)),
                         'write [user@]host:/path or ssh://user@host:port/path')
    path = re.sub('//+', '/', parts['path']).rstrip('/') or '/'
    return Source(parts['user'] or '', parts['host'], port, path)


def show(source):
    """Return a Source as people write it."""
    user = source.user + '@' if source.user else ''
    if source.port is None:
        return '{}{}:{}'.format(user, source.host, source.path)
    return 'ssh://{}{}:{}{}'.format(user, source.host, source.port, source.path)
