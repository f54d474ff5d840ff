"""The forced command: what of an SSH_ORIGINAL_COMMAND is a harmless read of one folder (invariant 12).

A sender sees what rsync's server_options() (options.c) sends to it; the lists below are what clients of rsync 3.1.1 to 3.5.0 send
for pulls such as ours, `-a`, `-avz` and `-rtvz --partial --progress --delete`. Refused on purpose are: -s (the names would come
where we cannot read them), -L -k --copy-unsafe-links (follow links out of the folder), -C and --filter (read other files),
-R and --files-from (names in the protocol), --remove-source-files (deletes), --log-file and the batch options (write),
--daemon, --config, --debug, --info, --iconv, --copy-devices, --max-alloc, and whatever nobody thought of.
"""

import posixpath
import re
import shlex
from collections import namedtuple

from .errors import Failure
from .text import shown

Request = namedtuple('Request', 'options paths')
"""options: those to pass on to rsync, the client's capabilities last of the short ones; paths: absolute, at least one."""

MAX_LENGTH = 100000
SHORT = re.compile(r'-([vnlogDtprWHAXUNcIuxSzdq]*)(e[0-9]*\.[A-Za-z]*)\Z')     # always there since rsync 3.0
LONG = re.compile(
    r'--(?:(?:timeout|bwlimit|compress-level|checksum-seed)=[0-9]{1,9}|checksum-choice=[a-z0-9,]{1,40}|compress-choice=[a-z0-9]{1,20}'
    r'|inplace|append|numeric-ids|specials|no-specials|list-only|new-compress|old-compress|ignore-missing-args|safe-links'
    r'|open-noatime|msgs2stderr|no-msgs2stderr|use-qsort|ignore-errors)\Z|-B[0-9]{1,9}\Z')
PATH = re.compile(r'[A-Za-z0-9._/@+=:,-]+\Z')          # no blank, wildcard, brace, quote or backslash
HINT = 'this key may only read with rsync'


def parse(command, folder):
    """Return the Request in `command` (a text, or None when a shell was asked for).

    folder: an absolute path. What is read may equal it or lie under it, and is named absolutely or relative to it.
    Raises Failure on everything else.
    """
    if not posixpath.isabs(folder) or not folder.strip('/.') or not PATH.match(folder):
        raise Failure('data_dir "{}" cannot be served'.format(shown(folder)), 'set data_dir to a folder of its own, of plain characters')
    if not command:
        raise Failure('no shell here', 'this key may only read {} with rsync'.format(folder))
    if len(command) > MAX_LENGTH or not command.isprintable():
        raise Failure('a command that is no rsync', HINT)
    try:
        words = shlex.split(command)
    except ValueError:
        raise Failure('a command that does not parse: {}'.format(shown(command)), HINT)
    if words[:3] != ['rsync', '--server', '--sender'] or '.' not in words[3:]:
        raise Failure('not allowed: {}'.format(shown(command)), HINT)
    dot = words.index('.', 3)
    paths = words[dot + 1:]
    if not paths:
        raise Failure('not allowed: {}'.format(shown(command)), HINT)
    return Request(_options(words[3:dot]), tuple(_inside(path, folder) for path in paths))


def _options(words):
    """Return the option words that are allowed. Raises Failure on the first that is not."""
    found, cluster = [], None
    for word in words:
        short = SHORT.match(word)
        if short and cluster is None and short.group(1).count('v') <= 2:
            # without the capability `v` the two sides agree on no more than what this command line says
            cluster = '-{}{}'.format(short.group(1), short.group(2).replace('v', '').replace('V', ''))
            found.append(cluster)
        elif LONG.match(word):
            found.append(word)
        else:
            raise Failure('rsync option not allowed: {}'.format(shown(word)), 'see "The forced command" in files/README.md')
    if cluster is None:
        raise Failure('an rsync that is too old', 'use rsync 3.0 or newer')
    return tuple(found)


def _inside(path, folder):
    """Return `path` as an absolute one under `folder`; a slash at its end is kept, because rsync gives it a meaning."""
    if not PATH.match(path) or '..' in path.split('/'):
        raise Failure('path not allowed: {}'.format(shown(path)), 'name a plain path under {}'.format(folder))
    folder = posixpath.normpath(folder)
    whole = posixpath.normpath(posixpath.join(folder, path))
    if whole != folder and not whole.startswith(folder + '/'):
        raise Failure('a path outside: {}'.format(shown(path)), 'name a path under {}'.format(folder))
    return whole + ('/' if path.endswith('/') else '')


def argv(request):
    """Return the argv of the rsync sender."""
    return ['rsync', '--server', '--sender'] + list(request.options) + ['.'] + list(request.paths)
