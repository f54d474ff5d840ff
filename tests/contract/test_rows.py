"""The way into the database: each thing that is wrong has its one clear line."""

import pymysql
import pytest
from glance_sync.errors import Unreachable, UsageError

from .images import one_line


def refusal(real, kind, **changed):
    """Return the text of the error that a question raises."""
    with pytest.raises(kind) as caught:
        real.database(**changed).image_ids()
    assert one_line(caught.value)
    assert real.document['mysql']['MYSQL_PASSWORD'] not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('changed', [{'MYSQL_PASSWORD': 'wrong'}, {'MYSQL_USER': 'nobody'}, {'MYSQL_DATABASE': 'nowhere'}],
                         ids=lambda changed: ''.join(changed.values()))
def test_login_that_is_refused(real, changed):
    assert 'MYSQL_*' in refusal(real, UsageError, **changed)


def test_database_of_something_else(real):
    assert 'images' in refusal(real, UsageError, MYSQL_DATABASE='information_schema')


def test_nothing_listens(real):
    assert str(real.document['closed']) in refusal(real, Unreachable, MYSQL_PORT=str(real.document['closed']))


def test_nothing_answers(real):
    if pymysql.VERSION[:2] <= (0, 7):
        pytest.skip('PyMySQL {} waits for ever: it has no read_timeout'.format(pymysql.VERSION[:3]))
    port = real.document['silent'].rpartition(':')[2]
    assert port in refusal(real, Unreachable, MYSQL_PORT=port, timeout=1)


def test_the_login_may_only_read(real):
    login = real.document['mysql']
    connection = pymysql.connect(host=login['MYSQL_HOST'], port=int(login['MYSQL_PORT']), user=login['MYSQL_USER'],
                                 password=login['MYSQL_PASSWORD'], database=login['MYSQL_DATABASE'])
    with pytest.raises(pymysql.MySQLError):
        connection.cursor().execute('DELETE FROM images')
    connection.close()
