"""sync_source: where a slave pulls from."""

import pytest
from hypothesis import given, strategies as st
from unit.given import is_one_line

from glance_sync import source
from glance_sync.errors import UsageError
from glance_sync.source import Source


@pytest.mark.parametrize('text, found', [
    ('ubuntu@10.0.0.1:/srv/glance_sync/data', Source('ubuntu', '10.0.0.1', None, '/srv/glance_sync/data')),
    ('host:/srv/data/', Source('', 'host', None, '/srv/data')),
    ('host:/srv//data', Source('', 'host', None, '/srv/data')),
    ('host:/', Source('', 'host', None, '/')),
    ('u@my_host.example:/d', Source('u', 'my_host.example', None, '/d')),
    ('u@[fe80::1]:/d', Source('u', '[fe80::1]', None, '/d')),
    ('ssh://u@host:2222/d', Source('u', 'host', 2222, '/d')),
    ('ssh://host/d', Source('', 'host', None, '/d')),
    ('ssh://u@[::1]:22/d', Source('u', '[::1]', 22, '/d')),
    ('host:/a..b/.c', Source('', 'host', None, '/a..b/.c')),
])
def test_one(text, found):
    assert source.parse(text) == [found]
    assert source.parse(source.show(found)) == [found]


@pytest.mark.parametrize('text', ['', ' ', '\n', ' , '])
def test_none(text):
    assert source.parse(text) == []


@pytest.mark.parametrize('text', ['a:/x b:/y', 'a:/x, b:/y', 'a:/x\n  b:/y,', ' a:/x  ,  b:/y '])
def test_several_in_their_order(text):
    assert [one.host for one in source.parse(text)] == ['a', 'b']


@pytest.mark.parametrize('text', [
    'host', 'host:', 'host:data', 'host:~/data', '/srv/data', 'rsync://host/data', 'host::module', 'host://srv/data',
    'ssh://host', 'ssh://host:0/d',
    'ssh://host:65536/d', 'ssh://host:x/d', '-oProxyCommand=x:/d', 'u@-oProxyCommand=x:/d', '-u@host:/d', 'host:/a/../b',
    'host:/..', 'host:/a b', "host:/a'b", 'host:/$(x)', 'host:/a;b', 'host:/a*', 'u@@host:/d', 'fe80::1:/d', 'a:/x,b:/y',
    'ho\x1bst:/d', 'host:/\u202e', 'a:/x nonsense'])
def test_refused(text):
    with pytest.raises(UsageError) as caught:
        source.parse(text)
    assert is_one_line(caught.value) and str(caught.value).startswith('sync_source: "')


def test_a_password_in_it_is_not_told():
    with pytest.raises(UsageError) as caught:
        source.parse('ssh://ubuntu:hunter2@host/data')
    assert str(caught.value).startswith('sync_source: "ssh://ubuntu:...@host/data" does not parse')


@given(st.text(st.sampled_from('ab@:/[].-_~$;\'" *0')))
def test_nothing_that_a_shell_or_ssh_cares_about_comes_through(text):
    try:
        found = source.parse(text)
    except UsageError:
        return
    for one in found:
        assert not one.host.startswith('-') and not one.user.startswith('-')
        assert not set(''.join((one.user, one.host, one.path))) & set('~$;\'"* ')
        assert one.path.startswith('/') and '..' not in one.path.split('/')
        assert source.parse(source.show(one)) == [one]
