"""The log of the runs: log_dir/glance-sync.log, kept small by itself, with UTC times and no secret."""

import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler

from .errors import UsageError

NAME = 'glance-sync.log'
BYTES, FILES = 5 << 20, 5


def logger():
    """Return the logger that all of glance-sync writes to; it says nothing before `start`."""
    log = logging.getLogger('glance_sync')
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False
    return log


def start(log_dir, verbose):
    """Let the logger write to `log_dir`, made if need be; verbose: in detail, and to stderr too. Raises UsageError."""
    log = logger()
    logging.raiseExceptions = False         # a full log_dir is no reason to fill the mail
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    form = logging.Formatter('%(asctime)s %(process)d %(levelname)s %(message)s', '%Y-%m-%dT%H:%M:%SZ')
    form.converter = time.gmtime
    try:
        if not os.path.isdir(log_dir):
            os.makedirs(log_dir)
            os.chmod(log_dir, 0o755)        # whatever the umask: the nagios user reads status.json here
        handlers = [RotatingFileHandler(os.path.join(log_dir, NAME), maxBytes=BYTES, backupCount=FILES, encoding='utf-8')]
    except OSError as error:
        raise UsageError('log_dir {}: {} cannot be written: {}'.format(log_dir, error.filename or log_dir, error.strerror),
                         'see its owner and mode, and those of the folder above')
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(form)
        log.addHandler(handler)
