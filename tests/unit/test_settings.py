"""The settings: every problem at once, in one line, and no secret in it."""

import os

import pytest
from unit.given import is_one_line

from glance_sync import settings
from glance_sync.deletion import Cap
from glance_sync.errors import UsageError
from glance_sync.source import Source


def load(folder, text, name='glance-sync.conf'):
    path = folder / name
    if isinstance(text, str):
        text = text.encode('utf-8')
    path.write_bytes(text)
    return settings.load(str(path))


def conf(*lines):
    return '[glance-sync]\n' + '\n'.join(lines) + '\n'


def refused(folder, text):
    with pytest.raises(UsageError) as caught:
        load(folder, text)
    assert is_one_line(caught.value) and str(folder / 'glance-sync.conf') in str(caught.value)
    assert 'hunter2' not in str(caught.value)
    return str(caught.value)


def test_defaults_of_a_slave(tmp_path):
    found = load(tmp_path, conf('mode = slave'))
    assert found.path == str(tmp_path / 'glance-sync.conf')
    assert (found.data_dir, found.config_dir, found.log_dir) == tuple('/srv/glance_sync/' + name for name in ('data', 'config',
        'logs'))
    assert (found.novarc, found.ssh_known_hosts) == ('/srv/glance_sync/config/novarc', '/srv/glance_sync/config/known_hosts')
    assert found.ssh_identity == os.path.expanduser('~/.ssh/id_rsa')
    assert (found.sources, found.master_creds, found.trusted_ssl_ca) == ([], '', '')
    assert (found.workers, found.bandwidth_limit, found.request_timeout) == (2, 0, 300)
    assert (found.deletion, found.max_delete, found.delete_grace) == ('keep', Cap(5, None), 0)
    assert (found.max_image_size, found.keep_data, found.max_visibility, found.property_deny) == (0, True, '', ())


def test_all_keys(tmp_path):
    found = load(tmp_path, '\ufeff' + conf(
        '# a comment', 'mode = slave', 'data_dir=/d', 'config_dir: /c', 'log_dir = /l', 'novarc = /n', 'trusted_ssl_ca = /ca',
        'sync_source = a:/x', '   ssh://u@b:22/y', 'ssh_identity = /i', 'ssh_known_hosts = /k', 'master_creds = /m',
        'workers = 8',
        'bandwidth_limit = 100', 'request_timeout = 5', 'select = tag=golden', 'max_visibility = shared', 'property_deny = a*, b',
        'project_map = a@D -> b@D', 'deletion = delete', 'max_delete = 10%', 'delete_grace = 7d', 'max_image_size = 20G',
        'keep_data = no'))
    assert found[1:10] == ('slave', '/d', '/c', '/l', '/n', '/ca', [Source('', 'a', None, '/x'), Source('u', 'b', 22, '/y')],
                           '/i', '/k')
    assert (found.master_creds, found.workers, found.bandwidth_limit, found.request_timeout) == ('/m', 8, 100, 5)
    assert (found.selection.text, found.max_visibility, found.property_deny) == ('tag=golden', 'shared', ('a*', 'b'))
    assert (found.deletion, found.max_delete, found.delete_grace) == ('delete', Cap(None, 10.0), 7 * 86400)
    assert (found.max_image_size, found.keep_data) == (20 * 2 ** 30, False)


@pytest.mark.parametrize('key, text, value', [
    ('max_image_size', '1', 1), ('max_image_size', '1k', 1024), ('max_image_size', '1 KiB', 1024),
    ('max_image_size', '2MB', 2 ** 21),
    ('max_image_size', '3 t', 3 * 2 ** 40), ('max_image_size', '5B', 5), ('max_image_size', '', None),
    ('max_image_size', '-1', None),
    ('max_image_size', '1.5G', None), ('max_image_size', '1X', None), ('max_image_size', 'G', None),
    ('max_image_size', '1GBB', None),
    ('delete_grace', '90', 90), ('delete_grace', '90s', 90), ('delete_grace', '2 m', 120), ('delete_grace', '1H', 3600),
    ('delete_grace', '2d', 172800), ('delete_grace', '1w', 604800), ('delete_grace', '7 b', None),
    ('delete_grace', '7 days', None),
    ('workers', '1', 1), ('workers', '64', 64), ('workers', '0', None), ('workers', '65', None), ('workers', '2.0', None),
    ('workers', '', None), ('workers', '٢', None), ('workers', '1e1', None), ('workers', '9' * 5000, None),
    ('workers', '1_0', None),
    ('bandwidth_limit', '10M', None), ('request_timeout', '0', None), ('request_timeout', '86400', 86400),
    ('keep_data', 'Yes', True), ('keep_data', 'off', False), ('keep_data', '0', False), ('keep_data', 'maybe', None),
    ('keep_data', '', None),
    ('deletion', 'hide', 'hide'), ('deletion', 'Hide', None), ('deletion', '', None), ('max_visibility', 'public', 'public'),
    ('max_visibility', 'all', None), ('max_delete', '0', Cap(0, None)), ('max_delete', '100%', Cap(None, 100.0)),
    ('max_delete', '-1', None),
    ('max_delete', '101%', None), ('max_delete', 'nan%', None), ('max_delete', 'all', None), ('max_delete', '5\n  6', None),
    ('data_dir', 'data', None), ('data_dir', '', None), ('data_dir', '/', None), ('data_dir', '//.', None),
    ('log_dir', '~/x', None),
    ('trusted_ssl_ca', 'ca.pem', None), ('trusted_ssl_ca', '/ca pem', '/ca pem'), ('novarc', 'novarc', None),
    ('ssh_known_hosts', '/a\n  /b', None),
])
def test_values(tmp_path, key, text, value):
    text = conf('mode = slave', '{} = {}'.format(key, text))
    if value is None:
        assert ': {}: '.format(key) in refused(tmp_path, text)
    else:
        assert getattr(load(tmp_path, text), key) == value


def test_all_problems_at_once(tmp_path):
    found = refused(tmp_path, '[DEFAULT]\nworkers = 3\n[other]\n' + conf(
        'mode = both', 'sync_sorce = a:/x', 'workers = many', 'sync_source = nonsense', 'select = golden', 'project_map = x',
        'nothing = 1',
        'data_dir = here', 'max_delete = most'))
    for text in ('unknown section [other]', 'unknown section [DEFAULT]', 'unknown key "sync_sorce" (do you mean sync_source?)',
                 'unknown key "nothing"', 'mode: "both" is none of master, slave', 'workers: "many"',
                 'sync_source: "nonsense" does not parse',
                 'select: "golden" is no term', 'project_map: "x" has no ->', 'data_dir: "here"', 'max_delete: "most"'):
        assert text in found


REFUSED = [
    ('', 'has no section [glance-sync]'),
    ('[other]\n', 'has no section [glance-sync]'),
    ('mode = slave\n', 'line 1 comes before [glance-sync]'),
    ('password hunter2\n', 'line 1 comes before [glance-sync]'),
    (conf(), 'mode: "" is none of master, slave'),
    (conf('mode = slave', 'hunter2'), 'no "key = value" in line 3'),
    (conf('mode = slave', 'mode = master'), 'line 3: mode stands twice'),
    (conf('mode = slave') + conf(), 'section [glance-sync] stands twice'),
    (b'[glance-sync]\nmode = \xff\n', 'is no text in UTF-8'),
    (conf('mode = slave', 'master_creds = username=u, password=hunter2'),
     'master_creds: is no absolute path: write the credentials into a file'),
    (conf('mode = slave', 'novarc = OS_PASSWORD=hunter2'), 'novarc: is no absolute path'),
    (conf('mode = slave', 'ssh_identity = -----BEGIN hunter2'), 'ssh_identity: is no absolute path'),
    (conf('mode = slave', 'sync_source = ssh://u:hunter2@h/d'), 'sync_source: "ssh://u:...@h/d" does not parse'),
    (conf('mode = slave', 'password = hunter2'), 'unknown key "password"'),
    (conf('mode = master', 'sync_source = a:/x'), 'belong to a slave'),
    (conf('mode = master', 'master_creds = /x'), 'belong to a slave'),
    (conf('mode = slave', 'a\x1b[0mb = 1'), 'unknown key "a\\x1b[0mb"'),
]


@pytest.mark.parametrize('text, says', REFUSED, ids=range(len(REFUSED)))
def test_refused(tmp_path, text, says):
    assert says in refused(tmp_path, text)


def test_no_file(tmp_path):
    for path, says in ((tmp_path / 'none', 'there is no configuration {}: name it with --config'),
                       (tmp_path, '{} cannot be read (Is a dir')):
        with pytest.raises(UsageError) as caught:
            settings.load(str(path))
        assert says.format(path) in str(caught.value) and is_one_line(caught.value)


# the files that it names

NOVARC = "export OS_AUTH_URL=http://k:5000\nexport OS_USERNAME=u OS_PROJECT_NAME=p\nexport OS_PASSWORD='hunter2 x'\n"
LINE = 'username=u, password=a, hunter2, project=p, auth_url=http://k'


def slave(folder, *lines):
    return load(folder, conf('mode = slave', 'novarc = {}'.format(folder / 'novarc'),
                             'master_creds = {}'.format(folder / 'creds'), *lines))


def test_novarc(tmp_path):
    (tmp_path / 'novarc').write_text(NOVARC)
    identity, login = settings.read_novarc(slave(tmp_path, 'trusted_ssl_ca = /bundle'))
    assert (identity.password.reveal(), identity.cacert, login) == ('hunter2 x', '/bundle', None)
    (tmp_path / 'novarc').write_text('\ufeff' + NOVARC + 'OS_CACERT=~/ca\nMYSQL_HOST=h\nMYSQL_USER=u\nMYSQL_PASSWORD=hunter2',
                                     encoding='utf-8')
    identity, login = settings.read_novarc(slave(tmp_path, 'trusted_ssl_ca = /bundle'))
    assert (identity.cacert, login.password.reveal()) == (os.path.expanduser('~/ca'), 'hunter2')


def test_master_creds(tmp_path):
    for text in (LINE, '\ufeff' + LINE + '\n'):
        (tmp_path / 'creds').write_text(text, encoding='utf-8')
        assert settings.read_master_creds(slave(tmp_path)).password.reveal() == 'a, hunter2'
    (tmp_path / 'creds').write_text(' \n')
    assert settings.read_master_creds(slave(tmp_path)) is None
    assert settings.read_master_creds(load(tmp_path, conf('mode = slave'))) is None


@pytest.mark.parametrize('read, name', [(settings.read_novarc, 'novarc'), (settings.read_master_creds, 'creds')])
@pytest.mark.parametrize('data, says', [
    (None, 'is missing: write it, mode 0600'), ('folder', 'cannot be read (Is a directory)'),
    (b'\xff\xfehunter2', 'is no text in UTF-8'),
    (b'hunter2', ''), (b'OS_PASSWORD=hunter2 x', ''), (b'username=u, pass=hunter2', ''), (b'\x00hunter2', ''),
    (b'password=hunter2', '')])
def test_files_that_are_no_credentials(tmp_path, read, name, data, says):
    path = tmp_path / name
    if data == 'folder':
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(slave(tmp_path))
    assert str(path) in str(caught.value) and says in str(caught.value)
    assert is_one_line(caught.value) and 'hunter2' not in str(caught.value)
