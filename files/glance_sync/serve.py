"""serve: sshd's forced command on a master. One key reads one folder; everything else is refused and logged."""

import os

from . import forced
from .errors import Failure
from .text import shown
from .transport import serve as send


def run(folder, command, log):
    """Serve what `command` (SSH_ORIGINAL_COMMAND, None for a shell) asks for and return rsync's exit code.

    folder: data_dir, the only thing that can be read. Raises Failure when the command is anything else.
    """
    request = forced.parse(command, folder)
    root = os.path.realpath(folder)
    for path in request.paths:
        whole = os.path.realpath(path)
        if whole != root and not whole.startswith(root.rstrip('/') + '/'):      # rsync follows a link in the middle of a path
            raise Failure('a link that leads outside: {}'.format(shown(path)), 'see who put it into {}'.format(folder))
    log.info('serves %s', shown(' '.join(request.paths), 2000))
    return send(forced.argv(request), folder)
