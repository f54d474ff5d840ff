"""Template: the empty databases of Keystone and Glance, made once for all labs and kept beside the venv.

The folder is keyed by the pinned versions (and MariaDB's), made under a lock and put in place by a rename."""
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import glance, keystone
from .errors import LabError
from .keystone import write_ini
from .uwsgi import program

BOOTSTRAP = 'lab-bootstrap'     # user, password and project of the template's administrator
PINS = Path(__file__).with_name('constraints.txt')


def cache(name):
    """The folder in which a template is or will be: below the venv, or at home when another made the venv."""
    shared = Path(sys.prefix) / 'lab-cache'
    if (shared / name).is_dir() or os.access(sys.prefix, os.W_OK):
        return shared
    return Path(os.environ.get('XDG_CACHE_HOME', Path.home() / '.cache')) / 'glance-sync-lab'


def template(name, make, *keys):
    """Return the folder of the template called name; make(folder) fills it when it is not there yet,
    with folder/work for what is not kept.

    keys: further texts (versions) on which it depends."""
    digest = hashlib.sha256(PINS.read_bytes())
    for source in sorted(Path(__file__).parent.glob('*.py')):
        if source.stem in ('template', 'keystone', 'glance', 'mariadb', 'database'):
            digest.update(source.read_bytes())
    for key in keys:
        digest.update(key.encode())
    full_name = '%s-%s' % (name, digest.hexdigest()[:16])
    folder = cache(full_name) / full_name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / 'lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            build = folder.parent / 'new'
            shutil.rmtree(build, ignore_errors=True)
            (build / 'work').mkdir(parents=True)
            make(build)
            shutil.rmtree(build / 'work')
            run(['chmod', '-R', 'a+rX', build])         # other users of the same venv may copy it
            for old in folder.parent.glob(name + '-*'):
                shutil.rmtree(old, ignore_errors=True)
            build.rename(folder)
    return folder


def run(argv, text='', **environment):
    """Run a management command with text as its input; LabError with its output when it fails."""
    done = subprocess.run([str(word) for word in argv], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=dict(os.environ, **environment), check=False)
    if done.returncode:
        raise LabError('%s failed with status %d\n%s' % (
            ' '.join(map(str, argv[:3])), done.returncode, done.stdout.decode(errors='replace')[-4000:]))


def make_schemas(work, keystone_url, glance_url):
    """Create Keystone's and Glance's tables in two empty databases, and Keystone's first administrator."""
    keystone.write_keys(work)
    write_ini(work / 'keystone.conf', keystone.config(work, keystone_url))
    write_ini(work / 'glance-api.conf', glance.config(work, glance_url))
    manage = [program('keystone-manage'), '--config-file', work / 'keystone.conf']
    run([*manage, 'db_sync'])
    run([*manage, 'bootstrap', '--bootstrap-username', BOOTSTRAP, '--bootstrap-project-name', BOOTSTRAP],
        OS_BOOTSTRAP_PASSWORD=BOOTSTRAP)
    run([program('glance-manage'), '--config-file', work / 'glance-api.conf', 'db', 'sync'])


def sqlite_template():
    """Folder with keystone.sqlite and glance.sqlite."""
    def make(folder):
        make_schemas(folder / 'work', 'sqlite:///%s/keystone.sqlite' % folder, 'sqlite:///%s/glance.sqlite' % folder)
    return template('sqlite', make)


def dump(connection):
    """Return the statements (a list of [sql, rows]) that make the tables of the current database again."""
    statements = []
    with connection.cursor() as cursor:
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        for table in sorted(row[0] for row in cursor.fetchall()):
            cursor.execute('SHOW CREATE TABLE `%s`' % table)
            statements.append([cursor.fetchone()[1], []])
            cursor.execute('SELECT * FROM `%s`' % table)
            rows = [list(row) for row in cursor.fetchall()]
            if rows:
                places = ', '.join(['%s'] * len(rows[0]))
                statements.append(['INSERT INTO `%s` VALUES (%s)' % (table, places), rows])
    return statements


def load(connection, statements):
    """Carry out what dump() returned."""
    with connection.cursor() as cursor:
        cursor.execute('SET foreign_key_checks = 0')
        for statement, rows in statements:
            if rows:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement)
        cursor.execute('SET foreign_key_checks = 1')
    connection.commit()


def write_dump(path, connection):
    """Write dump() as JSON; dates become text that MariaDB reads."""
    path.write_text(json.dumps(dump(connection), default=str), encoding='utf-8')
