"""The forced command: what of an SSH_ORIGINAL_COMMAND is a harmless read of one folder (invariant 12)."""

import posixpath
import re
import shlex
from collections import namedtuple

from .errors import Failure
from .text import shown

Request = namedtuple('Request', 'options paths')
"""options: those to pass on to rsync; paths: relative to the folder, at least one."""

MAX_LENGTH = 100000
LETTERS = 'vqtprlogDnIzWcdSHAXU'            # see LONG for the reasons; no L or k: they would follow links out of the folder
SHORT = re.compile(r'-[{}]*(?:e[0-9.]*[a-zA-Z]*)?\Z'.format(LETTERS))
LONG = re.compile(r'--(?:timeout=[0-9]{1,9}|bwlimit=[0-9.]{1,12}[KMGkmg]?|inplace|numeric-ids|append|list-only|no-implied-dirs)\Z')


def parse(command, folder):
    """Return the Request in `command` (a text, or None when a shell was asked for).

    A path may equal `folder` or lie under it, absolute or relative. Raises Failure on everything else.
    """
    if not command:
        raise Failure('no shell here', 'this key may only read {} with rsync'.format(folder))
    if len(command) > MAX_LENGTH or not command.isprintable():
        raise Failure('a command that is no rsync', 'this key may only read with rsync')
    try:
        words = shlex.split(command)
    except ValueError:
        raise Failure('a command that does not parse: {}'.format(shown(command)), 'this key may only read with rsync')
    if words[:3] != ['rsync', '--server', '--sender']:
        raise Failure('not allowed: {}'.format(shown(command)), 'this key may only read with rsync')
    options, at = [], 3
    while at < len(words) and words[at].startswith('-'):
        if not SHORT.match(words[at]) and not LONG.match(words[at]):
            raise Failure('rsync option not allowed: {}'.format(shown(words[at])), 'see rsync options in files/README.md')
        options.append(words[at])
        at += 1
    if words[at:at + 1] != ['.'] or len(words) < at + 2:
        raise Failure('not allowed: {}'.format(shown(command)), 'this key may only read with rsync')
    return Request(tuple(options), tuple(_relative(path, folder) for path in words[at + 1:]))


def _relative(path, folder):
    """Return `path` relative to `folder`, `.` for the folder itself; a slash at the end is kept: rsync gives it a meaning."""
    if '..' in path.split('/'):
        raise Failure('a path that climbs: {}'.format(shown(path)), 'name a path under {}'.format(folder))
    folder = posixpath.normpath(folder)
    whole = posixpath.normpath(posixpath.join(folder, path))
    if whole != folder and not whole.startswith(folder.rstrip('/') + '/'):
        raise Failure('a path outside: {}'.format(shown(path)), 'name a path under {}'.format(folder))
    found = posixpath.relpath(whole, folder)
    if any(character in found for character in '*?[]{}~$`\\') or found.startswith('-'):
        raise Failure('a pattern or odd path: {}'.format(shown(path)), 'name the file itself')
    return found + ('/' if path.endswith('/') and path != '/' else '')


def argv(request):
    """Return the argv of the rsync sender, to be run inside the folder."""
    return ['rsync', '--server', '--sender'] + list(request.options) + ['.'] + list(request.paths)


def rewritten(request):
    """Return the Request as a command line of relative paths, as rrsync takes it."""
    return ' '.join(shlex.quote(word) for word in argv(request))
