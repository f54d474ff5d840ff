"""The runs: lock, status, verify, mail to the person on call, and the Nagios check."""

import json
import time

import pytest

from .test_sync import every_kind
from .unit import wait_for


def test_a_second_run_finds_the_lock(pair, master):
    master.image('big', b'x' * (30 << 20))
    pair.master.set(bandwidth_limit=8192)
    running = pair.master.start('dump')
    assert wait_for(lambda: (pair.master.data / '.lock').exists() and list((pair.master.data / '.partial').glob('*')))
    told = pair.master.run('dump', expect=5)
    assert 'another run' in told.err and str(pair.master.data) in told.err
    assert pair.master.run(tool='glance-sync-master', expect=5).err == ''       # under cron that is no news
    assert running.wait(timeout=60) == 0
    pair.master.run('dump', expect=0)


def test_status_tells_the_last_runs(pair, master):
    made = every_kind(master)
    pair.master.run('dump', expect=0)
    value = pair.master.json('status')
    assert value['mode'] == 'master' and value['spool']['images'] == len(made)
    assert value['runs']['dump']['exit_code'] == 0 and value['runs']['dump']['counts']['fetch'] == len(made)
    assert value['last_success']['dump']['facts']['generation'] == pair.master.manifest['generation']
    text = pair.master.run('status', expect=0).out
    assert 'dump' in text and '15 images' in text
    assert oct((pair.master.logs / 'status.json').stat().st_mode)[-3:] == '644'


def test_the_last_success_moves_on_clean_runs_only(pair, master):
    image = master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    first = pair.master.status['last_success']['dump']
    password = pair.master.novarc.read_text()
    master.novarc(pair.master.novarc, OS_PASSWORD='wrong')
    pair.master.run('dump', expect=2)
    assert pair.master.status['last_success']['dump'] == first
    assert pair.master.status['runs']['dump']['exit_code'] == 2
    pair.master.novarc.write_text(password)
    time.sleep(1.1)
    pair.master.run('dump', expect=0)
    assert pair.master.status['last_success']['dump']['finished'] > first['finished']
    assert pair.master.bits() == [image['id']]


def test_cron_prints_nothing_when_all_is_well(pair, master, slave):
    every_kind(master)
    for unit, tool in ((pair.master, 'glance-sync-master'), (pair.slave, 'glance-sync-slave')):
        for _ in range(2):
            done = unit.run(tool=tool, expect=0)
            assert (done.out, done.err) == ('', '')


def test_cron_mails_trouble_once_a_day_and_again_when_it_changes(pair, master, slave):
    image = master.image('one', b'right', visibility='public')
    slave.image('one', b'wrong', id=image['id'])
    pair.master.run('dump', expect=0)
    first = pair.slave.run(tool='glance-sync-slave', expect=3)
    assert image['id'] in first.err and 'other-bits' in first.err
    assert pair.slave.run(tool='glance-sync-slave', expect=3).err == ''
    other = master.image('two', b'right too', visibility='public')
    slave.image('two', b'wrong too', id=other['id'])
    pair.master.run('dump', expect=0)
    assert other['id'] in pair.slave.run(tool='glance-sync-slave', expect=3).err
    path = pair.slave.logs / 'status.json'
    status = json.loads(path.read_text())
    status['mail']['at'] -= 24 * 3600 + 1
    path.write_text(json.dumps(status))
    assert 'other-bits' in pair.slave.run(tool='glance-sync-slave', expect=3).err
    # cleared, then back: news again
    master.delete('/v2/images/' + image['id'])
    master.delete('/v2/images/' + other['id'])
    master.image('three', b'3', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run(tool='glance-sync-slave', expect=0)
    assert pair.slave.status['mail'] == {'keys': [], 'at': 0}


def test_cannot_be_reached_mails_from_the_second_run_on(pair, master):
    master.novarc(pair.master.novarc, OS_AUTH_URL='http://127.0.0.1:1/v3')
    assert pair.master.run(tool='glance-sync-master', expect=6).err == ''
    assert 'does not answer' in pair.master.run(tool='glance-sync-master', expect=6).err
    assert pair.master.run(tool='glance-sync-master', expect=6).err == ''


def test_verify_names_what_rotted_and_the_next_run_heals_it(pair, master):
    image = master.image('one', b'bits' * 1000)
    pair.master.run('dump', expect=0)
    assert pair.master.json('verify')['counts']['verify'] == 1
    path = pair.master.data / 'images' / image['id']
    path.write_bytes(b'BITS' + path.read_bytes()[4:])
    told = pair.master.run('verify', '--dry-run', expect=3)
    assert image['id'] in told.err and image['os_hash_value'] in told.err and path.exists()
    pair.master.run('verify', expect=3)
    assert not path.exists()
    pair.master.run('dump', expect=0)
    pair.master.run('verify', expect=0)


def test_a_manifest_of_our_own_that_does_not_parse(pair, master, slave):
    master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    path = pair.slave.data / 'manifest.json'
    path.write_text('{')
    for verb, code in (('verify', 1), ('import', 1)):
        told = pair.slave.run(verb, expect=code)
        assert str(pair.slave.data) in told.err and 'glance-sync pull' in told.err
    assert 'glance-sync pull' in pair.slave.run('status', expect=0).out
    pair.slave.run('sync', expect=0)
    pair.slave.run('verify', expect=0)
    (pair.master.data / 'manifest.json').write_text('{')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)


def test_verify_with_glance_finds_other_bits(pair, master):
    image = master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    assert pair.master.json('verify', '--glance')['facts']['compared'] == 1
    master.sql('UPDATE images SET os_hash_value = %s WHERE id = %s', ['f' * 128, image['id']])
    told = pair.master.run('verify', '--glance', expect=3)
    assert image['id'] in told.err and 'f' * 128 in told.err


@pytest.mark.parametrize('verb, words', [('dump', 'accept-shrink'), ('sync', 'accept-generation'), ('pull', 'dry-run'),
                                         ('import', 'retry-refused'), ('drift', 'json'), ('verify', 'glance'), ('status', 'json')])
def test_help_ends_with_the_exit_codes(pair, verb, words):
    text = pair.master.run(verb, '--help', expect=0).out
    assert words in text and text.strip().endswith('130  interrupted')


def test_no_verb_and_unknown_verb(pair):
    assert 'dump, import' in pair.master.run(expect=2).err
    assert pair.master.run('livecopy', expect=2).out == ''


def test_nagios_judges_the_age_of_the_last_success(pair, master):
    def check(*arguments, expect):
        done = pair.master.run(*arguments, tool='check_glance_sync', expect=expect)
        assert len(done.out.splitlines()) == 1
        return done.out
    assert 'CRITICAL: no dump ever succeeded' in check(expect=2)
    master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    assert 'GLANCE_SYNC OK: last clean dump' in check(expect=0)
    path = pair.master.logs / 'status.json'
    status = json.loads(path.read_text())
    status['last_success']['dump']['finished'] -= 9 * 3600
    path.write_text(json.dumps(status))
    assert 'WARNING' in check(expect=1)
    assert 'CRITICAL' in check('-c', '8.5', expect=2)
    path.write_text('{')
    assert 'UNKNOWN' in check(expect=3)
    pair.master.config.write_text('[glance-sync]\nnonsense = 1\n')
    assert 'nonsense' in check(expect=3)


def test_burned_ids_are_remembered_and_repaired_by_a_purge(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    slave.delete('/v2/images/' + image['id'])
    done = pair.slave.json('sync', '--accept-shrink', expect=3)
    assert [(one['id'], one['code']) for one in done['refused']] == [(image['id'], 'burned')]
    assert 'purge_images_table' in done['refused'][0]['remedy'] and done['clean'] is True
    mark = slave.mark()
    done = pair.slave.json('sync', expect=3)            # not tried again within the hour
    assert [one['code'] for one in done['refused']] == ['burned'] and done['failed'] == []
    assert not [one for one in slave.requests(mark) if one[0] == 'POST']
    for table in ('image_locations', 'image_properties', 'image_tags', 'image_members'):
        slave.sql('DELETE FROM {} WHERE image_id = %s'.format(table), [image['id']])
    slave.sql('DELETE FROM images WHERE id = %s', [image['id']])
    pair.slave.run('sync', '--retry-refused', expect=0)
    assert image['id'] in slave.images()


def test_burned_ids_by_the_database(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    slave.novarc(pair.slave.novarc, with_database=True)
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    slave.delete('/v2/images/' + image['id'])
    mark = slave.mark()
    done = pair.slave.json('sync', '--accept-shrink', expect=3)
    assert [one['code'] for one in done['refused']] == ['burned']
    assert not [one for one in slave.requests(mark) if one[0] == 'POST']        # the database knew
    for table in ('image_locations', 'image_properties', 'image_tags', 'image_members'):
        slave.sql('DELETE FROM {} WHERE image_id = %s'.format(table), [image['id']])
    slave.sql('DELETE FROM images WHERE id = %s', [image['id']])
    pair.slave.run('sync', expect=0)                    # repaired by itself
    assert image['id'] in slave.images()


def test_an_upload_that_was_cut_is_repaired_by_uploading_again(pair, master, slave):
    image = master.image('one', b'bits' * 1000, visibility='public')
    pair.master.run('dump', expect=0)
    origin = pair.master.manifest['origin']['id']
    slave.image('one', None, id=image['id'], visibility='private', disk_format='qcow2',
                glance_sync_origin='{}/{}'.format(origin, image['id']))
    assert 'upload' in pair.slave.run('drift', expect=3).out
    mark = slave.mark()
    pair.slave.run('sync', expect=0)
    assert not [one for one in slave.requests(mark) if one[0] in ('POST', 'DELETE')]
    assert slave.data(image['id']) == b'bits' * 1000 and slave.images()[image['id']]['disk_format'] == 'raw'


def test_a_queued_image_of_somebody_else_is_left_alone(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    theirs = slave.image('theirs', None, id=image['id'])
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync', expect=3)
    assert [one['code'] for one in done['refused']] == ['occupied'] and slave.images()[image['id']] == theirs
