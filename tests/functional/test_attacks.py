"""What somebody else, or bad luck, does to images and spools between two runs; each was a defect once."""

import os
import subprocess

import pytest

from .conftest import project
from .offer import offer
from .test_dump import endpoint_for
from .test_way_over import creds
from .unit import FILES, wait_for


def purge(cloud, image_id):
    """Make a Glance forget a deleted image, as the two purge commands do."""
    for table in ('image_locations', 'image_properties', 'image_tags', 'image_members'):
        cloud.sql('DELETE FROM {} WHERE image_id = %s'.format(table), [image_id])
    cloud.sql('DELETE FROM images WHERE id = %s', [image_id])


def settle(pair):
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)


def test_a_snapshot_that_inherited_our_mark_stays(pair, master, slave):
    image = master.image('golden', b'bits', visibility='public')
    settle(pair)
    mark = slave.images()[image['id']]['glance_sync_origin']
    snapshot = slave.image('snapshot of a customer', b'work', owner=project(slave, 'tenant-a'), glance_sync_origin=mark)
    for deletion in ('hide', 'delete'):
        pair.slave.set(deletion=deletion, max_delete='100%')
        pair.slave.run('sync', expect=0)
        assert slave.images()[snapshot['id']] == snapshot


@pytest.mark.parametrize('visibility', ['private', 'community'])
def test_a_squatter_with_our_mark_gets_nothing(pair, master, slave, visibility):
    image = master.image('golden', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    mark = '{}/{}'.format(pair.master.manifest['origin']['id'], image['id'])
    theirs = slave.image('trap', None, id=image['id'], visibility=visibility, owner=project(slave, 'tenant-a'), glance_sync_origin=mark)
    done = pair.slave.json('sync', expect=3)
    assert [one['code'] for one in done['refused']] == ['occupied'] and slave.images()[image['id']] == theirs


def test_a_resumed_upload_is_private_until_its_bits_are_proved(pair, master, slave):
    image = master.image('golden', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    mark = '{}/{}'.format(pair.master.manifest['origin']['id'], image['id'])
    slave.image('golden', None, id=image['id'], visibility='public', protected=True, glance_sync_origin=mark)
    before = slave.mark()
    pair.slave.run('sync', expect=0)
    calls = [one[0] for one in slave.requests(before) if one[0] in ('PATCH', 'PUT')]
    assert calls == ['PATCH', 'PUT', 'PATCH']
    assert offer(slave) == offer(master)


def test_members_of_an_earlier_time_do_not_come_back(pair, master, slave):
    tenant_a, tenant_b = project(master, 'tenant-a'), project(master, 'tenant-b')
    image = master.image('shared', b'bits', owner=tenant_a, members=[(tenant_b, 'accepted')])
    settle(pair)
    master.change(image['id'], visibility='private')
    settle(pair)
    master.change(image['id'], visibility='shared')
    master.delete('/v2/images/{}/members/{}'.format(image['id'], tenant_b))
    settle(pair)
    assert slave.members(image['id']) == {} and offer(slave) == offer(master)
    assert pair.slave.json('sync')['done'] == []


def test_an_id_that_was_purged_and_made_again_gets_its_new_bits(pair, master, slave):
    image = master.image('golden', b'old bits', visibility='public')
    settle(pair)
    for cloud in (master, slave):
        cloud.delete('/v2/images/' + image['id'])
        purge(cloud, image['id'])
    master.image('golden', b'new bits', id=image['id'], visibility='public')
    pair.master.run('dump', expect=0)
    assert (pair.master.data / 'images' / image['id']).read_bytes() == b'new bits'
    pair.slave.run('sync', '--accept-shrink', expect=0)
    assert slave.data(image['id']) == b'new bits'
    for unit in pair[:2]:
        unit.run('verify', expect=0)


def test_a_file_that_rots_in_the_slaves_spool_heals_by_itself(pair, master, slave):
    image, twin = (master.image(name, b'right' * 1000, visibility='public') for name in ('golden', 'twin'))
    pair.master.run('dump', expect=0)
    pair.slave.run('pull', expect=0)
    path = pair.slave.data / 'images' / image['id']
    with open(str(path), 'r+b') as rotten:
        rotten.write(b'wrong')
    done = pair.slave.json('sync', expect=3)
    assert {one['id'] for one in done['failed']} <= {image['id'], twin['id']} and done['failed']
    pair.slave.run('sync', expect=0)
    pair.slave.run('verify', expect=0)
    assert offer(slave) == offer(master)


def test_narrowing_select_on_the_slave_deletes_nothing(pair, master, slave):
    golden, other = master.image('golden', b'1', visibility='public', tags=['golden']), master.image('other', b'2', visibility='public')
    settle(pair)
    pair.slave.set(select='tag=golden', deletion='delete', max_delete='100%')
    pair.slave.run('sync', expect=0)
    assert set(slave.images()) == {golden['id'], other['id']}
    master.delete('/v2/images/' + other['id'])
    settle(pair)
    assert set(slave.images()) == {golden['id']}


def test_an_image_that_no_list_shows_but_is_there_stays_in_the_manifest(pair, lab, master):
    """An image that is hidden or shown between the two lists is in neither of them."""
    image = master.image('golden', b'bits', visibility='public')
    other = master.image('other', b'more', visibility='public')
    pair.master.run('dump', expect=0)

    def edit(request, status, document):
        if 'images' in document:
            document['images'] = [one for one in document['images'] if one['id'] != image['id']]
        return document
    proxy = lab.proxy(master.glance_url, edit=edit)
    endpoint_for(master, proxy.url)
    master.novarc(pair.master.novarc, OS_INTERFACE='internal')
    pair.master.run('dump', expect=0)
    assert {one['id'] for one in pair.master.manifest['images']} == {image['id'], other['id']}
    proxy.close()


def test_a_half_fetched_image_falls_back_to_rsync_too(pair, master, slave):
    image = master.image('golden', os.urandom(3 << 20), visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('pull', '--dry-run', expect=0)
    creds(pair)
    pair.slave.run('pull', expect=0)
    bits = (pair.slave.data / 'images' / image['id']).read_bytes()
    os.unlink(str(pair.slave.data / 'images' / image['id']))
    (pair.slave.data / '.partial' / image['id']).write_bytes(bits[:1 << 20])
    if not master.get('/v3/projects?name=puller').json()['projects']:
        master.create_project('puller')
        master.create_user('puller', 'p,w=1 \'$x', 'puller', role='member')
    creds(pair, username='puller', password='p,w=1 \'$x', project='puller')
    master.change(image['id'], visibility='private')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)


def test_the_masters_keystone_may_be_down_when_bits_can_come_by_rsync(pair, master, slave):
    master.image('golden', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    creds(pair, auth_url='http://127.0.0.1:1/v3')
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master) and 'bits come by rsync' in pair.slave.log()


def test_one_of_two_equal_images_lost_in_the_store(pair, master):
    lost, twin = master.image('lost', b'bits' * 100), master.image('twin', b'bits' * 100)
    os.unlink(os.path.join(str(master.store), lost['id']))
    pair.master.run('dump', expect=0)
    assert {one['id'] for one in pair.master.manifest['images']} == {lost['id'], twin['id']}     # the same bits, from the other


def test_a_keystone_that_lists_only_a_part(pair, lab, clouds, master):
    clouds[0].stop_keystone()
    clouds[0].start_keystone({'DEFAULT': {'list_limit': 2}})
    try:
        told = pair.master.run('dump', expect=1)
        assert 'list_limit' in told.err and len(told.err.strip().splitlines()) == 1
    finally:
        clouds[0].stop_keystone()
        clouds[0].start_keystone({'DEFAULT': {'list_limit': 100000}})


def test_the_log_folder_can_be_entered_by_nagios(pair, master):
    pair.master.run('dump', expect=0)
    assert oct(pair.master.logs.stat().st_mode)[-3:] == '755'


def test_sigterm_gives_the_lock_back(pair, master, slave):
    image = master.image('big', os.urandom(30 << 20), visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.set(bandwidth_limit=2048)
    running = pair.slave.start('sync')
    partial = pair.slave.data / '.partial' / image['id']
    assert wait_for(partial.exists)
    running.terminate()
    assert running.wait(timeout=10) == 130
    pair.slave.set(bandwidth_limit=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)


def test_names_that_the_terminal_cannot_show(pair, master, slave):
    master.image('größe \u202e\x1b[31m', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    done = pair.slave.run('drift', expect=3, PYTHONIOENCODING='ascii', LC_ALL='C')
    assert 'gr\\xf6\\xdfe \\u202e\\x1b[31m' in done.out


def test_a_reader_that_hangs_up(pair, master):
    for number in range(3):
        master.image('image %d' % number, b'bits')
    pair.master.run('dump', expect=0)
    done = subprocess.run('{} --config {} status --json | head -c 1'.format(FILES / 'glance-sync', pair.master.config), shell=True,
                          capture_output=True, text=True)
    assert done.stderr == ''
