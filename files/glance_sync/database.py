"""The Glance database: what the API of an old Glance does not tell. Its login is used for SELECT only."""

import pymysql

from .errors import Unreachable, UsageError

ACCESS_DENIED = (1044, 1045, 1049, 1109, 1142, 1146, 1698)      # MySQL's codes: wrong login or database, no table, no right


class Database:
    """Read-only questions to a Glance database.

    login: credentials.Login; timeout: seconds for connecting and for each read.
    Every method raises UsageError on a wrong login and Unreachable when the server does not answer.
    """

    def __init__(self, login, timeout):
        self._login = login
        self._timeout = timeout

    def image_ids(self):
        """Return the set of IDs of all images that are not deleted, of every visibility and status."""
        return {row[0] for row in self._select('SELECT id FROM images WHERE deleted = 0')}

    def members(self):
        """Return {image ID: [{'member_id', 'status'}, ...]} of all images."""
        found = {}
        for image_id, member, status in self._select(
                'SELECT image_id, member, status FROM image_members WHERE deleted = 0 ORDER BY image_id, member'):
            found.setdefault(image_id, []).append({'member_id': member, 'status': status})
        return found

    def deleted_ids(self, image_ids):
        """Return those of `image_ids` that this Glance once had and deleted: it will not take them again."""
        wanted = sorted(image_ids)
        if not wanted:
            return set()
        holes = ', '.join(['%s'] * len(wanted))
        return {row[0] for row in self._select(
            'SELECT id FROM images WHERE deleted = 1 AND id IN ({})'.format(holes), wanted)}

    def _select(self, statement, arguments=()):
        where = 'the database {} on {}:{}'.format(self._login.database, self._login.host, self._login.port)
        try:
            connection = pymysql.connect(
                host=self._login.host, port=self._login.port, user=self._login.user,
                password=self._login.password.reveal(), database=self._login.database, charset='utf8mb4',
                connect_timeout=min(self._timeout, 30), **self._read_timeout())
            try:
                with connection.cursor() as cursor:
                    cursor.execute(statement, tuple(arguments))
                    return cursor.fetchall()
            finally:
                connection.close()
        except (ValueError, RuntimeError) as error:     # PyMySQL cannot say the user or password as the server wants it
            raise UsageError('{} cannot be asked as user {} ({})'.format(where, self._login.user, type(error).__name__),
                             'use a user and a password of plain characters')
        except pymysql.MySQLError as error:
            if error.args and error.args[0] in ACCESS_DENIED:
                raise UsageError('{} refuses user {} ({})'.format(where, self._login.user, error.args[-1]),
                                 'correct MYSQL_* in novarc, or grant SELECT')
            raise Unreachable('{} does not answer ({})'.format(where, error.args[-1] if error.args else error),
                              'see whether it is up; the next run tries again')

    def _read_timeout(self):
        """PyMySQL of xenial (0.7.2) knows no read_timeout."""
        return {'read_timeout': self._timeout} if pymysql.VERSION[:2] > (0, 7) else {}
