"""Deletion: nothing goes but what the operator wants to go, and only what glance-sync brought."""

import json

import pytest

from .offer import offer


@pytest.fixture
def brought(pair, master, slave):
    """Ten images that sync brought; returns their IDs."""
    made = [master.image('image %d' % number, b'bits %d' % number, visibility='public')['id'] for number in range(10)]
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    return made


def lose(pair, master, *image_ids):
    """Delete images on the master and dump."""
    for image_id in image_ids:
        master.delete('/v2/images/' + image_id)
    pair.master.run('dump', expect=0)


def test_keep_is_the_default(pair, master, slave, brought):
    lose(pair, master, brought[0])
    done = pair.slave.json('sync')
    assert done['done'] == [] and set(slave.images()) == set(brought)


def test_hide(pair, master, slave, brought):
    lose(pair, master, brought[0])
    pair.slave.set(deletion='hide')
    done = pair.slave.json('sync')
    assert [(one['kind'], one['id']) for one in done['done']] == [('hide', brought[0])]
    assert {key for key, image in slave.images().items() if image['os_hidden']} == {brought[0]}
    assert pair.slave.json('sync')['done'] == []


def test_delete(pair, master, slave, brought):
    local = slave.image('local', b'made here', visibility='public')
    lose(pair, master, brought[0], brought[1])
    pair.slave.set(deletion='delete')
    assert 'delete  {}'.format(brought[0]) in pair.slave.run('drift', expect=3).out
    done = pair.slave.json('sync')
    assert [(one['kind'], one['id']) for one in done['done']] == [('delete', image_id) for image_id in sorted(brought[:2])]
    assert set(slave.images()) == set(brought[2:]) | {local['id']}
    assert pair.slave.json('sync')['done'] == []


@pytest.mark.parametrize('cap, goes', [('1', False), ('2', True), ('10%', False), ('20%', True), ('0', False)])
def test_more_than_max_delete_deletes_nothing(pair, master, slave, brought, cap, goes):
    lose(pair, master, brought[0], brought[1])
    pair.slave.set(deletion='delete', max_delete=cap)
    new = master.image('new', b'new', visibility='public')
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync', expect=0 if goes else 4)
    assert new['id'] in slave.images()              # the rest is done
    assert (brought[0] in slave.images()) == (brought[1] in slave.images()) == (not goes)
    if not goes:
        assert done['guard']['code'] == 'max-delete' and 'max_delete allows' in done['guard']['text']
        assert pair.slave.status['runs']['sync']['clean'] is False


def test_grace(pair, master, slave, brought):
    lose(pair, master, brought[0])
    pair.slave.set(deletion='delete', delete_grace='1h')
    assert pair.slave.json('sync')['done'] == [] and brought[0] in slave.images()
    path = pair.slave.data / '.ledger.json'
    ledger = json.loads(path.read_text())
    ledger['missing'][brought[0]] -= 3601
    path.write_text(json.dumps(ledger))
    pair.slave.run('sync', expect=0)
    assert brought[0] not in slave.images()


def test_an_image_that_comes_back_starts_its_grace_anew(pair, master, slave, brought):
    pair.master.set(select='name=image*')
    pair.master.run('dump', expect=0)
    pair.slave.set(deletion='delete', delete_grace='1h')
    master.change(brought[0], name='out of the selection')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert list(json.loads((pair.slave.data / '.ledger.json').read_text())['missing']) == [brought[0]]
    master.change(brought[0], name='image again')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert json.loads((pair.slave.data / '.ledger.json').read_text())['missing'] == {}


def test_protected_images_stay(pair, master, slave, brought):
    lose(pair, master, brought[0])
    slave.change(brought[0], protected=True)
    pair.slave.set(deletion='delete')
    done = pair.slave.json('sync', expect=3)
    assert [(one['id'], one['code']) for one in done['refused']] == [(brought[0], 'protected')]
    assert brought[0] in slave.images()


def test_nothing_is_deleted_in_a_run_with_an_error(pair, master, slave, brought):
    bad = master.image('bad', b'right', visibility='public')
    lose(pair, master, brought[0])
    (pair.master.data / 'images' / bad['id']).write_bytes(b'wrong')
    pair.slave.set(deletion='delete')
    pair.slave.run('sync', expect=3)
    assert brought[0] in slave.images()


def test_what_the_master_could_not_offer_is_not_taken_for_deleted(pair, master, slave, brought):
    pair.master.set(max_image_size='1')
    pair.master.run('dump', expect=3)
    assert pair.master.manifest['images'] == [] and len(pair.master.manifest['left_out']) == 10
    pair.slave.set(deletion='delete', max_delete='100%')
    pair.slave.run('sync', expect=0)
    assert set(slave.images()) == set(brought)


def test_images_of_another_origin_stay(pair, master, slave, brought):
    slave.change(brought[0], glance_sync_origin='another cloud/' + brought[0])
    lose(pair, master, brought[0], brought[1])
    pair.slave.set(deletion='delete')
    pair.slave.run('sync', expect=0)
    assert brought[0] in slave.images() and brought[1] not in slave.images()


def test_a_shrunken_catalog_is_refused_on_the_slave_too(pair, master, slave, brought):
    for image_id in brought[:6]:
        master.delete('/v2/images/' + image_id)
    pair.master.run('dump', '--accept-shrink', expect=0)
    pair.slave.set(deletion='delete', max_delete='100%')
    told = pair.slave.run('sync', expect=4)
    assert '6 of 10 images are gone' in told.err and '--accept-shrink' in told.err
    assert set(slave.images()) == set(brought)
    pair.slave.run('sync', '--accept-shrink', expect=0)
    assert set(slave.images()) == set(brought[6:])
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)


def test_a_slave_that_suddenly_sees_nothing_of_its_own_does_nothing(pair, master, slave, brought):
    """A lost role shows an empty Glance: creating all again would burn nothing, but fill the ledger with lies."""
    if not slave.get('/v3/users?name=poor').json()['users']:
        slave.create_project('poor-project')
        slave.create_user('poor', 'secret', 'poor-project', role='member')
    for image_id in brought:
        slave.change(image_id, visibility='private')
    slave.novarc(pair.slave.novarc, OS_USERNAME='poor', OS_PASSWORD='secret', OS_PROJECT_NAME='poor-project')
    mark = slave.mark()
    told = pair.slave.run('sync')
    assert told.code in (1, 4) and len(told.err.strip().splitlines()) == 1
    assert 'role' in told.err
    assert not [one for one in slave.requests(mark) if one[0] in ('POST', 'PUT', 'PATCH', 'DELETE')]
