"""sync: the master's images arrive on the slave, equal in everything, and stay equal."""

import pytest

from .conftest import project
from .offer import offer

WRITES = ('POST', 'PUT', 'PATCH', 'DELETE')


def writes(requests):
    """The calls that changed something."""
    return [one for one in requests if one[0] in WRITES]


def downloads(requests):
    """The calls that read bits."""
    return [one for one in requests if one[1].split('?')[0].endswith('/file')]


def every_kind(master):
    """Make an image of every kind on a cloud; return their IDs by name."""
    tenant_a, tenant_b = project(master, 'tenant-a'), project(master, 'tenant-b')
    made = [
        master.image('public', b'p' * 3000000, visibility='public', tags=['golden', 'a,b/c'], hw_rng_model='virtio',
                     min_disk=3, min_ram=512, os_distro='ubuntu'),
        master.image('twin', b'p' * 3000000, visibility='public'),
        master.image('private', b'private bits', visibility='private', owner=tenant_a),
        master.image('shared', b'shared bits', owner=tenant_a, members=[tenant_b]),
        master.image('accepted', b'accepted bits', owner=tenant_a, members=[(tenant_b, 'accepted')]),
        master.image('alone', b'shared with nobody', visibility='shared', owner=tenant_b),
        master.image('community', b'community bits', visibility='community', owner=tenant_b),
        master.image('hidden', b'hidden bits', visibility='public', os_hidden=True),
        master.image('hidden community', b'more bits', visibility='community', owner=tenant_a, os_hidden=True),
        master.image('deactivated', b'withdrawn', visibility='public', status='deactivated', owner=tenant_a),
        master.image('protected', b'kept', visibility='public', protected=True),
        master.image('empty', b'', visibility='public'),
        master.image('iso', b'i' * 70000, visibility='public', disk_format='raw', container_format='ovf'),
        master.image(None, b'without a name', visibility='public'),
        master.image('../../odd\n\tname', b'odd', visibility='public', **{'odd/key~x': 'a=b,"c"', 'remove_props': 'x', 'Ünïcode': 'ß'}),
    ]
    return {image['name']: image['id'] for image in made}


def test_every_kind_arrives_equal(pair, master, slave):
    made = every_kind(master)
    queued = master.image('queued')
    pair.master.run('dump', expect=0)
    before = pair.slave.run('drift', expect=3)
    assert all(image_id in before.out for image_id in made.values())
    assert slave.images() == {}
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master, only=set(made.values()))
    assert queued['id'] not in slave.images()
    assert pair.slave.run('drift', expect=0).out == ''


def test_second_sync_writes_nothing_and_downloads_nothing(pair, master, slave):
    every_kind(master)
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    before, marks = offer(slave), (master.mark(), slave.mark())
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave) == before
    for cloud, mark in zip((master, slave), marks):
        requests = cloud.requests(mark)
        assert requests and writes(requests) == [] and downloads(requests) == []
    pages, shared = 2, 3
    for cloud, mark in zip((master, slave), marks):
        paths = [one[1] for one in cloud.requests(mark)]
        assert len([path for path in paths if '/members' in path]) == shared and len(paths) == pages + shared
    again = pair.slave.json('sync')
    assert again['done'] == [] and again['counts']['bytes'] == 0


def test_with_a_database_members_cost_one_query(pair, master, slave):
    every_kind(master)
    for unit in pair[:2]:
        unit.cloud.novarc(unit.novarc, with_database=True)
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    marks = master.mark(), slave.mark()
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    for cloud, mark in zip((master, slave), marks):
        paths = [one[1] for one in cloud.requests(mark)]
        assert len(paths) == 2 and all(path.startswith('/v2/images?') and 'limit=1000' in path for path in paths)
    assert offer(slave) == offer(master)


CHANGES = [
    ('name', {'name': 'renamed'}),
    ('tags', {'tags': ['new']}),
    ('property added', {'added': 'yes'}),
    ('property changed', {'os_distro': 'debian'}),
    ('property removed', {'os_distro': None}),
    ('min_disk', {'min_disk': 7}),
    ('min_ram', {'min_ram': 64}),
    ('protected', {'protected': True}),
    ('hidden', {'os_hidden': True}),
    ('visibility', {'visibility': 'community'}),
]


@pytest.mark.parametrize('what, values', CHANGES, ids=[what for what, _ in CHANGES])
def test_a_later_change_arrives_in_place(pair, master, slave, what, values):
    image = master.image('base', b'bits', visibility='public', os_distro='ubuntu', tags=['old'])
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    master.change(image['id'], **values)
    pair.master.run('dump', expect=0)
    assert pair.slave.json('drift', expect=3)['plan']['counts'] == {'update': 1, 'refused': 0}
    mark = slave.mark()
    pair.slave.run('sync', expect=0)
    assert [one[0] for one in writes(slave.requests(mark))] == ['PATCH']
    assert offer(slave) == offer(master)
    pair.slave.run('drift', expect=0)


def test_members_come_change_and_go(pair, master, slave):
    tenant_a, tenant_b = project(master, 'tenant-a'), project(master, 'tenant-b')
    image = master.image('shared', b'bits', owner=tenant_a, members=[tenant_b])
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    path = '/v2/images/{}/members'.format(image['id'])
    master.put('{}/{}'.format(path, tenant_b), json={'status': 'accepted'})
    master.post(path, json={'member': project(master, 'admin')})
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    assert offer(slave)[image['id']]['members'] == {'tenant-b@Default': 'accepted', 'admin@Default': 'pending'}
    master.delete('{}/{}'.format(path, tenant_b))
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave)[image['id']]['members'] == {'admin@Default': 'pending'}


def test_deactivation_follows_the_master_both_ways(pair, master, slave):
    image = master.image('base', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    for action, status in (('deactivate', 'deactivated'), ('reactivate', 'active'), ('deactivate', 'deactivated')):
        master.post('/v2/images/{}/actions/{}'.format(image['id'], action))
        pair.master.run('dump', expect=0)
        pair.slave.run('sync', expect=0)
        assert slave.images()[image['id']]['status'] == status
        assert offer(slave) == offer(master)
        pair.slave.run('drift', expect=0)


def test_a_local_deactivation_is_never_undone_but_the_rest_follows(pair, master, slave):
    image = master.image('base', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    slave.post('/v2/images/{}/actions/deactivate'.format(image['id']))
    master.change(image['id'], name='new name')
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync', expect=3)
    assert [one['code'] for one in done['refused']] == ['local-deactivation']
    assert done['clean'] is True
    found = slave.images()[image['id']]
    assert (found['status'], found['name']) == ('deactivated', 'new name')


def test_local_edits_of_an_image_of_ours_give_way(pair, master, slave):
    image = master.image('base', b'bits', visibility='public', os_distro='ubuntu')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    slave.change(image['id'], name='edited here', os_distro=None, extra='local')
    drift = pair.slave.run('drift', expect=3).out
    assert 'edited here -> base' in drift and 'property extra: local -> (none)' in drift
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)


def test_images_made_on_the_slave_are_never_touched(pair, master, slave):
    local = slave.image('local', b'local bits', visibility='public', own='yes')
    every_kind(master)
    pair.master.run('dump', expect=0)
    pair.slave.set(deletion='delete', max_delete='100%')
    pair.slave.run('sync', expect=0)
    assert slave.images()[local['id']] == local


def test_same_id_other_bits_is_a_refusal_that_names_both(pair, master, slave):
    image = master.image('base', b'right bits', visibility='public')
    local = slave.image('base', b'wrong bits', id=image['id'], visibility='public')
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync', expect=3)
    assert [one['code'] for one in done['refused']] == ['other-bits']
    reason = done['refused'][0]['reason']
    assert image['os_hash_value'] in reason and local['os_hash_value'] in reason
    assert slave.images()[image['id']] == local


def test_same_id_same_bits_is_adopted_for_metadata(pair, master, slave):
    image = master.image('base', b'same bits', visibility='public', os_distro='ubuntu')
    slave.image('other name', b'same bits', id=image['id'], visibility='private')
    pair.master.run('dump', expect=0)
    mark = slave.mark()
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    assert [one[0] for one in writes(slave.requests(mark))] == ['PATCH']
    # adopted, so never deleted
    master.delete('/v2/images/' + image['id'])
    pair.master.run('dump', '--accept-shrink', expect=0)
    pair.slave.set(deletion='delete', max_delete='100%')
    pair.slave.run('sync', '--accept-shrink', expect=0)
    assert image['id'] in slave.images()


def test_owners_map_by_name_and_domain(pair, master, slave):
    domain = master.create_domain('Partners')
    owner = master.create_project('tenant-a', domain='Partners')
    here = master.image('map me', b'1', visibility='private', owner=owner)
    missing = project(master, 'master-only')
    private = master.image('nobody here', b'2', visibility='private', owner=missing)
    shared = master.image('nor here', b'3', visibility='shared', owner=missing)
    public = master.image('falls to us', b'4', visibility='public', owner=missing)
    community = master.image('falls to us too', b'5', visibility='community', owner=missing)
    gone = master.image('gone owner', b'6', visibility='private', owner='f' * 32)
    pair.slave.set(project_map='tenant-a@Partners -> tenant-b@Default')
    pair.master.run('dump', expect=0)
    assert pair.master.record(here['id'])['owner'] == {'project': 'tenant-a', 'domain': 'Partners'}
    assert pair.master.record(gone['id'])['owner'] is None
    drift = pair.slave.run('drift', expect=3).out
    assert 'owner master-only@Default is not on this cloud: it goes to admin@Default' in drift
    done = pair.slave.json('sync', expect=3)
    assert {(one['id'], one['code']) for one in done['refused']} == {
        (private['id'], 'owner-unknown'), (shared['id'], 'owner-unknown'), (gone['id'], 'owner-unknown')}
    found = slave.images()
    assert set(found) == {here['id'], public['id'], community['id']}
    assert found[here['id']]['owner'] == project(slave, 'tenant-b')
    assert found[public['id']]['owner'] == found[community['id']]['owner'] == project(slave, 'admin')
    assert domain
    # standing refusals do not hold back the last success, nor make the next plan longer
    assert pair.slave.json('sync', expect=3)['done'] == []
    assert pair.slave.status['last_success']['sync']


def test_a_member_that_the_slave_lacks_is_refused_alone(pair, master, slave):
    owner = project(master, 'tenant-a')
    image = master.image('shared', b'bits', owner=owner, members=[project(master, 'tenant-b'), project(master, 'master-only')])
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync', expect=3)
    assert [(one['id'], one['code']) for one in done['refused']] == [(image['id'], 'member-unknown')]
    assert list(offer(slave)[image['id']]['members']) == ['tenant-b@Default']
    pair.slave.set(project_map='master-only@Default -> admin@Default')
    pair.slave.run('sync', expect=0)
    assert sorted(offer(slave)[image['id']]['members']) == ['admin@Default', 'tenant-b@Default']


def test_pull_then_import_is_sync_in_two_steps(pair, master, slave):
    made = every_kind(master)
    pair.master.run('dump', expect=0)
    pair.slave.run('pull', expect=0)
    assert slave.images() == {}
    assert pair.slave.bits() == sorted(made.values())
    assert pair.slave.manifest['generation'] == pair.master.manifest['generation']
    pair.slave.run('verify', expect=0)
    pair.slave.run('import', expect=0)
    assert offer(slave) == offer(master)
    pair.slave.run('drift', expect=0)


def test_equal_bits_are_fetched_and_stored_once(pair, master, slave):
    made = [master.image('twin %d' % number, b't' * 500000, visibility='public')['id'] for number in range(4)]
    pair.master.run('dump', expect=0)
    assert len(downloads(master.requests())) >= 1
    done = pair.slave.json('sync')
    assert 500000 <= sum(one['bytes'] for one in done['done'] if one['kind'] == 'fetch') < 505000     # rsync's framing
    for unit in pair[:2]:
        assert len({(unit.data / 'images' / image_id).stat().st_ino for image_id in made}) == 1
    assert offer(slave) == offer(master)
    # across runs too
    made.append(master.image('late twin', b't' * 500000, visibility='public')['id'])
    marks = master.mark()
    pair.master.run('dump', expect=0)
    done = pair.slave.json('sync')
    assert downloads(master.requests(marks)) == []
    assert sum(one['bytes'] for one in done['done'] if one['kind'] == 'fetch') == 0
    for unit in pair[:2]:
        assert len({(unit.data / 'images' / image_id).stat().st_ino for image_id in made}) == 1
    assert offer(slave) == offer(master)
