"""Bad input: one clear line that names the thing and the remedy, the right exit code, nothing changed."""

import json

import pytest

from .unit import Unit


def assert_one_line(result, *words):
    """Assert that a run said exactly one line, which names all of `words`."""
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result.err
    for word in words:
        assert str(word) in lines[0], lines[0]
    assert 'Traceback' not in result.err and result.out == ''


def unchanged(unit):
    """Whether a unit that never ran well has published nothing."""
    return not (unit.data / 'manifest.json').exists()


def test_novarc_missing(pair):
    pair.master.novarc.unlink()
    assert_one_line(pair.master.run('dump', expect=2), pair.master.novarc, 'missing')
    assert unchanged(pair.master)


def test_novarc_unreadable(pair):
    pair.master.novarc.unlink()
    pair.master.novarc.mkdir()
    assert_one_line(pair.master.run('dump', expect=2), pair.master.novarc, 'cannot be read')


@pytest.mark.parametrize('key', ['OS_PASSWORD', 'OS_USERNAME', 'OS_AUTH_URL', 'OS_PROJECT_NAME'])
def test_novarc_without(pair, master, key):
    master.novarc(pair.master.novarc, **{key: None})
    assert_one_line(pair.master.run('dump', expect=2), pair.master.novarc, key)
    assert unchanged(pair.master)


def test_wrong_password(pair, master):
    master.novarc(pair.master.novarc, OS_PASSWORD='not the password')
    told = pair.master.run('dump', expect=2)
    assert_one_line(told, master.auth_url, 'refuses the credentials', 'admin')
    assert 'not the password' not in told.err + pair.master.log()
    assert unchanged(pair.master)


def test_no_such_region(pair, master):
    master.novarc(pair.master.novarc, OS_REGION_NAME='Atlantis')
    assert_one_line(pair.master.run('dump', expect=2), 'Atlantis', 'OS_REGION_NAME')


def test_no_such_interface(pair, master):
    master.novarc(pair.master.novarc, OS_INTERFACE='admin')
    told = pair.master.run('dump')
    assert told.code in (0, 2)
    master.novarc(pair.master.novarc, OS_INTERFACE='nowhere')
    assert_one_line(pair.master.run('dump', expect=2), 'nowhere', 'OS_INTERFACE')


def test_unreachable_keystone(pair, master):
    master.novarc(pair.master.novarc, OS_AUTH_URL='http://127.0.0.1:1/v3')
    assert_one_line(pair.master.run('dump', expect=6), 'http://127.0.0.1:1/v3', 'does not answer')


def test_unreachable_glance(tmp_path, clouds):
    unit = Unit(tmp_path / 'unit', 'master', clouds[0])
    clouds[0].stop_glance()
    try:
        assert_one_line(unit.run('dump', expect=6), clouds[0].glance_url)
    finally:
        clouds[0].start_glance()
    assert unchanged(unit)


def test_an_endpoint_that_is_no_keystone(pair, master):
    master.novarc(pair.master.novarc, OS_AUTH_URL=master.glance_url)
    told = pair.master.run('dump')
    assert told.code in (1, 2, 6)
    assert_one_line(told, master.glance_url)


def test_unknown_key(pair):
    pair.master.set(cron_frequency='x', workers='many', mode='boss')
    assert_one_line(pair.master.run('dump', expect=2), pair.master.config, 'cron_frequency', 'workers', 'many', 'boss')


def test_json_tells_the_error_too(pair, master):
    master.novarc(pair.master.novarc, OS_PASSWORD=None)
    done = pair.master.run('dump', '--json', expect=2)
    value = json.loads(done.out)
    assert (value['exit_code'], value['clean'], value['error']['code']) == (2, False, 'usageerror')
    assert 'OS_PASSWORD' in value['error']['text'] and 'OS_PASSWORD' in done.err


def test_a_data_dir_of_the_other_mode(pair, master):
    master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    pair.slave.set(data_dir=pair.master.data)
    assert_one_line(pair.slave.run('sync', expect=2), pair.master.data, 'mode = master')
    assert len(pair.master.manifest['images']) == 1


def test_no_configuration(pair):
    pair.master.config.unlink()
    assert_one_line(pair.master.run('dump', expect=2), pair.master.config)


@pytest.mark.parametrize('source', ['nowhere', 'host:relative', 'ssh://host', 'rsync://host/module', 'a:/x b', 'host:/a/../b',
                                    '-oProxyCommand=id:/x', 'u@h:/x;id', "h:/a'b", 'ssh://h:99999/x'])
def test_a_sync_source_that_does_not_parse(pair, source):
    pair.slave.set(sync_source=source)
    assert_one_line(pair.slave.run('sync', expect=2), 'sync_source', source.split()[-1])


def test_no_sync_source(pair):
    pair.slave.set(sync_source=None)
    assert_one_line(pair.slave.run('sync', expect=2), 'sync_source')


def test_the_wrong_mode(pair):
    assert_one_line(pair.slave.run('dump', expect=2), 'master', 'mode = slave')
    assert_one_line(pair.master.run('sync', expect=2), 'slave', 'mode = master')


def test_a_data_dir_that_is_not_ours(pair, master):
    pair.master.data.mkdir()
    (pair.master.data / 'thesis.tex').write_text('years of work')
    assert_one_line(pair.master.run('dump', expect=2), pair.master.data, 'thesis.tex')
    assert (pair.master.data / 'thesis.tex').read_text() == 'years of work'


def test_a_log_dir_that_cannot_be(pair):
    pair.master.logs.write_text('a file')
    assert_one_line(pair.master.run('dump', expect=2), pair.master.logs)


def edit(pair, change):
    """Change the master's manifest as a value."""
    path = pair.master.data / 'manifest.json'
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


IMAGE = 'images', 0
MANIFESTS = [
    ('a newer format', lambda value: value.update(format=2), 'format 2'),
    ('no format', lambda value: value.pop('format'), 'format'),
    ('a generation below zero', lambda value: value.update(generation=-1), 'generation'),
    ('a generation that is a text', lambda value: value.update(generation='9'), 'generation'),
    ('no origin', lambda value: value.pop('origin'), 'origin'),
    ('a path for an ID', lambda value: value['images'][0].update(id='../../etc/passwd'), 'UUID'),
    ('a negative size', lambda value: value['images'][0].update(size=-1), 'size'),
    ('an absurd size', lambda value: value['images'][0].update(size=10 ** 18), 'size'),
    ('a size of another type', lambda value: value['images'][0].update(size='1'), 'size'),
    ('an ID twice', lambda value: value['images'].append(value['images'][0]), 'twice'),
    ('no digest', lambda value: value['images'][0].pop('sha512'), 'sha512'),
    ('an unknown status', lambda value: value['images'][0].update(status='queued'), 'status'),
    ('an unknown visibility', lambda value: value['images'][0].update(visibility='everybody'), 'visibility'),
    ('a reserved property', lambda value: value['images'][0]['properties'].update(os_glance_x='1'), 'os_glance_x'),
    ('our mark as a property', lambda value: value['images'][0]['properties'].update(glance_sync_origin='1'), 'glance_sync_origin'),
    ('no list', lambda value: value.update(images={}), 'images'),
]


@pytest.mark.parametrize('what, change, word', MANIFESTS, ids=[what for what, _, _ in MANIFESTS])
def test_a_bad_manifest(pair, published, what, change, word):
    edit(pair, change)
    assert_one_line(pair.slave.run('sync', expect=1), word)
    assert pair.slave.cloud.images() == {} and unchanged(pair.slave)


def test_a_truncated_manifest(pair, published):
    path = pair.master.data / 'manifest.json'
    path.write_bytes(path.read_bytes()[:-20])
    assert_one_line(pair.slave.run('sync', expect=1), 'JSON', 'dump')
    assert pair.slave.cloud.images() == {} and unchanged(pair.slave)


def test_a_missing_manifest(pair, published):
    (pair.master.data / 'manifest.json').unlink()
    assert_one_line(pair.slave.run('sync', expect=1), 'manifest.json', 'dump')


def test_import_without_a_pull(pair):
    assert_one_line(pair.slave.run('import', expect=1), 'no manifest', 'pull')


@pytest.fixture
def published(pair, master, slave):
    """One image, dumped."""
    master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
