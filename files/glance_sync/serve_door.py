"""The door of the forced command: glance-sync-serve."""

import argparse
import logging
import logging.handlers
import os
import sys

from . import errors, serve, settings
from .errors import GlanceSyncError
from .text import shown


def main(script, arguments):
    """Serve what SSH_ORIGINAL_COMMAND asks for and return rsync's exit code, or ours when it is refused."""
    os.umask(0o077)
    line = argparse.ArgumentParser(prog='glance-sync-serve',
                                   description='Forced command: lets an ssh key read data_dir with rsync.')
    line.add_argument('--config', metavar='FILE', default=settings.default_path(script))
    options = line.parse_args(arguments)
    command = os.environ.get('SSH_ORIGINAL_COMMAND')
    log = _log(options)
    try:
        return serve.run(settings.load(options.config).data_dir, command, log)
    except GlanceSyncError as error:
        log.warning('refused: %s', shown(error, 400))
        sys.stderr.write('glance-sync-serve: {}\n'.format(shown(error, 400)))
        return error.exit_code
    except OSError as error:
        log.error('%s', error)
        sys.stderr.write('glance-sync-serve: {}\n'.format(error))
        return errors.FAILED


def _log(options):
    """Return a logger to log_dir that names the client; where it cannot write, it says nothing: serving goes on."""
    log = logging.getLogger('glance_sync')
    log.setLevel(logging.INFO)
    log.propagate = False
    client = os.environ.get('SSH_CLIENT', '').split(' ')[0] or 'local'
    try:
        folder = settings.load(options.config).log_dir
        handler = logging.handlers.WatchedFileHandler(os.path.join(folder, 'serve.log'), encoding='utf-8')
    except (GlanceSyncError, OSError):
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter('%(asctime)s {} %(message)s'.format(client)))
    log.addHandler(handler)
    return log
