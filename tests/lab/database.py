"""Database: Glance's or Keystone's database of one cloud, as seen by the services and by tests."""
import json
import os
import shutil
import sqlite3
from urllib.parse import quote

from .template import load, sqlite_template


class SqliteDatabase:
    """A SQLite file, copied from the template. name: keystone or glance."""

    threads = 1         # one request at a time: its transactions refuse each other ("database is locked", 500)

    def __init__(self, path, name):
        self.path = path
        shutil.copyfile(sqlite_template() / (name + '.sqlite'), path)
        os.chmod(path, 0o600)
        self.url = 'sqlite:///%s' % path

    def sql(self, statement, args=()):
        """Run one statement; return its rows as a list of tuples."""
        with sqlite3.connect(self.path, timeout=30) as connection:
            rows = connection.execute(statement.replace('%s', '?'), args).fetchall()
        connection.close()
        return rows


class MariaDatabase:
    """A database on the lab's MariaDB server, loaded from the template, with an account of its own."""

    threads = 4

    def __init__(self, server, database, name):
        self.server, self.name = server, database
        password = server.password()
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute('CREATE DATABASE `%s` CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci' % database)
            server.grant(cursor, 'ALL', database, database, password)
        with server.connect(database) as connection:
            load(connection, json.loads((server.template / (name + '.json')).read_text(encoding='utf-8')))
        self.url = 'mysql+pymysql://%s:%s@127.0.0.1:%d/%s?charset=utf8' % (
            database, quote(password, safe=''), server.port, database)

    def sql(self, statement, args=()):
        """Run one statement as root; return its rows as a list of tuples."""
        with self.server.connect(self.name) as connection, connection.cursor() as cursor:
            cursor.execute(statement.replace('?', '%s') if args else statement, args or None)
            rows = [tuple(row) for row in cursor.fetchall()]
            connection.commit()
        return rows

    def reader(self):
        """Make an account that may SELECT and nothing else; return its MYSQL_* settings."""
        user, password = 'reader_' + self.name, self.server.password()
        with self.server.connect() as connection, connection.cursor() as cursor:
            self.server.grant(cursor, 'SELECT', self.name, user, password)
        return {'MYSQL_HOST': '127.0.0.1', 'MYSQL_PORT': str(self.server.port), 'MYSQL_USER': user,
                'MYSQL_PASSWORD': password, 'MYSQL_DATABASE': self.name}
