"""serve: sshd's forced command on a master. One key reads one folder; everything else is refused and logged."""

import os
import subprocess

from . import forced
from .errors import Failure

RRSYNC = '/usr/bin/rrsync'


def run(folder, command, log):
    """Replace this process by the rsync sender that `command` (SSH_ORIGINAL_COMMAND, or None) asks for.

    folder: data_dir, the only thing that can be read. Raises Failure when the command is anything else.
    """
    request = forced.parse(command, folder)
    log.info('serves %s', ' '.join(request.paths))
    os.chdir(folder)
    environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'}
    if rrsync_is_sound():
        environment['SSH_ORIGINAL_COMMAND'] = forced.rewritten(request)
        os.execve(RRSYNC, [RRSYNC, '-ro', folder], environment)
    argv = forced.argv(request)
    try:
        os.execvpe('rsync', argv, environment)
    except FileNotFoundError:
        raise Failure('rsync is not installed here', 'install the package rsync')


def rrsync_is_sound():
    """Return whether this system has an rrsync that runs: old packages hold it as documentation, some lack a module it needs."""
    if not os.access(RRSYNC, os.X_OK):
        return False
    try:
        done = subprocess.call([RRSYNC, '--help'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return done == 0
