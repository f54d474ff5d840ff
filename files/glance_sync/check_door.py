"""The door of the Nagios plugin: check_glance_sync."""

import argparse
import sys
import time

from . import health, settings, status
from .errors import GlanceSyncError
from .text import shown


def main(script, arguments):
    """Print one line and return 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN, as the Nagios plugin guidelines have it."""
    line = argparse.ArgumentParser(prog='check_glance_sync', description='Nagios plugin: judges the age of the last clean run.')
    line.add_argument('--config', metavar='FILE', default=settings.default_path(script))
    line.add_argument('-w', '--warning', metavar='HOURS', type=float, default=8, help='default: %(default)s')
    line.add_argument('-c', '--critical', metavar='HOURS', type=float, default=24, help='default: %(default)s')
    options = line.parse_args(arguments)
    try:
        found = settings.load(options.config)
        verdict = health.judge(status.StatusFile(found.log_dir).read(), found.mode, time.time(),
                               options.warning * 3600, options.critical * 3600)
    except (GlanceSyncError, OSError) as error:
        verdict = health.Verdict(health.UNKNOWN, str(error))
    sys.stdout.write('GLANCE_SYNC {}: {}\n'.format(health.LEVELS[verdict.level], shown(verdict.text, 600).replace('|', '/')))
    return verdict.level
