"""`python -m lab warm` makes the database templates; `python -m lab up FOLDER` runs two clouds until Ctrl-C."""
import argparse
import signal
import sys
import tempfile
from pathlib import Path

from . import Lab, LabError
from .mariadb import mariadb_template
from .template import sqlite_template


def warm():
    """Make the templates that are not there yet."""
    sqlite_template()
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder) / 'lab') as lab:
        mariadb_template(lab.guard)


def up(folder, tls):
    """Start a master (SQLite) and a slave (MariaDB) with a novarc each, and wait."""
    with Lab(folder) as lab:
        for cloud in lab.clouds(master={'tls': tls}, slave={'tls': tls, 'database': 'mariadb'}):
            settings = {'OS_CACERT': lab.ca.pem} if tls else {}
            path = cloud.novarc(lab.folder / (cloud.name + '.novarc'),
                                with_database=cloud.mariadb is not None, **settings)
            print('%-8s %s %s   . %s' % (cloud.name, cloud.auth_url, cloud.region, path))
        print('Ctrl-C ends them', flush=True)
        signal.pause()


def main():
    """Parse the command line; 1 for a known failure."""
    parser = argparse.ArgumentParser(prog='lab', description=__doc__)
    verbs = parser.add_subparsers(dest='verb', required=True)
    verbs.add_parser('warm')
    start = verbs.add_parser('up')
    start.add_argument('folder', type=Path)
    start.add_argument('--tls', action='store_true')
    options = parser.parse_args()
    try:
        warm() if options.verb == 'warm' else up(options.folder, options.tls)
    except LabError as error:
        print('lab: %s' % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
