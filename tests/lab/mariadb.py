"""MariaDB: one server for all clouds of a lab, on loopback, with durability off."""
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pymysql

from .errors import LabError
from .ports import Ports, listening
from .template import make_schemas, run, template, write_dump

OPTIONS = {
    'bind-address': '127.0.0.1',
    'skip-name-resolve': None,
    'skip-log-bin': None,
    'performance-schema': 'OFF',
    'innodb-flush-log-at-trx-commit': '0',      # throw-away data: no waiting for the disk
    'innodb-flush-method': 'nosync',
    'innodb-doublewrite': '0',
    'innodb-buffer-pool-size': '64M',
    'innodb-log-file-size': '8M',
    'max-connections': '200',
}
SHARES = ('/usr/share/mysql/mysql_%s.sql', '/usr/share/mariadb/mariadb_%s.sql', '/usr/share/mysql/mariadb_%s.sql')
SCRIPTS = ('system_tables', 'performance_tables', 'system_tables_data')


def find(name):
    """Path of one of MariaDB's programs."""
    path = shutil.which(name, path='/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:' + os.environ.get('PATH', ''))
    if path is None:
        raise LabError('%s is missing: run tests/lab/install' % name)
    return path


def version():
    """What mariadbd --version prints."""
    return subprocess.run([find('mariadbd'), '--version'], stdout=subprocess.PIPE, check=True).stdout.decode()


class MariaDB:
    """The server: start(), stop(), connect(). folder: its data, log and socket."""

    def __init__(self, guard, port, folder):
        self.guard, self.port, self.folder = guard, port, Path(folder)
        self.root_password = secrets.token_hex(16)
        self.process = self.template = None

    def start(self):
        """Bring the data from the template on the first start; start; wait until it answers."""
        if not (self.folder / 'data').exists():
            self.template = mariadb_template(self.guard)
            self.folder.mkdir(mode=0o700)
            shutil.copytree(self.template / 'data', self.folder / 'data')
        self.launch()

    def launch(self):
        """Start on the data folder that is there."""
        first = self.folder / 'init.sql'
        first.touch(0o600)
        first.write_text(''.join("ALTER USER IF EXISTS root@'%s' IDENTIFIED BY '%s';\n" % (host, self.root_password)
                                 for host in ('localhost', '127.0.0.1', '::1')), encoding='ascii')
        options = dict(OPTIONS, port=str(self.port), datadir=str(self.folder / 'data'), socket='mariadb.sock',
                       tmpdir=str(self.folder))
        options['pid-file'] = str(self.folder / 'mariadb.pid')
        options['init-file'] = str(first)
        if os.getuid() == 0:
            options['user'] = 'root'
        argv = [find('mariadbd'), '--no-defaults'] + [
            '--' + key if value is None else '--%s=%s' % (key, value) for key, value in options.items()]
        self.process = self.guard.start('MariaDB', argv, self.folder / 'mariadb.log')
        self.process.wait(lambda: listening(self.port))

    def stop(self):
        """End it in order."""
        return self.process.stop(30)

    def kill(self):
        """kill -9."""
        return self.process.kill()

    def connect(self, database=None):
        """A PyMySQL connection as root; a context manager that closes itself."""
        return pymysql.connect(host='127.0.0.1', port=self.port, user='root', password=self.root_password,
                               database=database, charset='utf8mb4')

    @staticmethod
    def password():
        """A new password with characters that need quoting in a shell, a URL and an INI file."""
        return "p=%s, $x'#%%&/" % secrets.token_hex(8)

    @staticmethod
    def grant(cursor, right, database, user, password):
        """Make an account and grant it one right on a database."""
        cursor.execute("CREATE USER %s@'127.0.0.1' IDENTIFIED BY %s", (user, password))
        cursor.execute("GRANT %s ON `%s`.* TO '%s'@'127.0.0.1'" % (right, database, user))


def system_tables(data):
    """Fill an empty data folder with MariaDB's own tables, as mariadb-install-db does.

    (That script is in the package, but wants programs of the client package.)"""
    lines = ['create database mysql;', 'use mysql;', 'set @auth_root_socket = null;']
    for name in SCRIPTS:
        script = next((path for path in (Path(share % name) for share in SHARES) if path.exists()), None)
        if script is None:
            raise LabError("MariaDB's SQL script %s is in none of %s" % (name, ', '.join(SHARES)))
        lines += [line for line in script.read_text(encoding='utf-8').splitlines() if '@current_hostname' not in line]
    data.mkdir(mode=0o700)
    argv = [find('mariadbd'), '--no-defaults', '--bootstrap', '--datadir=%s' % data, '--log-warnings=0',
            '--max-allowed-packet=8M', '--net-buffer-length=16K', '--innodb-log-file-size=8M',
            '--innodb-flush-method=nosync'] + (['--user=root'] if os.getuid() == 0 else [])
    run(argv, '\n'.join(lines))


def mariadb_template(guard):
    """Folder with an empty data folder (data/) and the tables as JSON (keystone.json, glance.json)."""
    def make(folder):
        system_tables(folder / 'data')
        work, ports = folder / 'work', Ports()
        shutil.copytree(folder / 'data', work / 'data')
        server = MariaDB(guard, ports.free(), work)
        server.launch()
        try:
            write_tables(server, work, folder)
        finally:
            server.stop()
            ports.close()
    return template('mariadb', make, version())


def write_tables(server, work, folder):
    """Let both services make their tables, and write these as JSON into folder."""
    urls = []
    for name in ('keystone', 'glance'):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute('CREATE DATABASE %s CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci' % name)
        urls.append('mysql+pymysql://root:%s@127.0.0.1:%d/%s?charset=utf8' % (
            server.root_password, server.port, name))
    make_schemas(work, *urls)
    for name in ('keystone', 'glance'):
        with server.connect(name) as connection:
            write_dump(folder / (name + '.json'), connection)
