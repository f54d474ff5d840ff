"""The plan, decided from values alone: the table of plan.py case by case."""

import pytest
from glance_sync import attributes, changes, deletion, plan
from glance_sync.attributes import MARK_ORIGIN, MARK_STATUS, MODERN
from glance_sync.digests import Hasher
from glance_sync.plan import Policy, Present, Slave
from glance_sync.projects import Directory, ProjectMap
from glance_sync.records import Member, Project, Record
from glance_sync.selection import Limits

ORIGIN = 'the-master'
ONE, TWO, THREE = ('{0}{0}{0}{0}{0}{0}{0}{0}-1111-4111-8111-111111111111'.format(digit) for digit in 'abc')
ADMIN, TENANT, OTHER = Project('admin', 'Default'), Project('tenant', 'Default'), Project('other', 'Default')
DIRECTORY = Directory({'p-admin': ADMIN, 'p-tenant': TENANT, 'p-other': OTHER}, 'p-admin')
NOW = 1800000000
MINE = attributes.mark(ORIGIN, ONE)


def sha512(bits):
    hasher = Hasher()
    hasher.update(bits)
    return hasher.hex()


def record(image_id=ONE, bits=b'bits', **values):
    """A Record as the master names it."""
    known = dict(
        id=image_id, name='ubuntu', status='active', visibility='public', os_hidden=False, protected=False, owner=ADMIN, members=(),
        container_format='bare', disk_format='raw', min_disk=0, min_ram=0, size=len(bits), virtual_size=None, checksum=None,
        os_hash_algo='sha512', os_hash_value=sha512(bits), sha512=sha512(bits), tags=(), properties={}, created_at=None, updated_at=None)
    return Record(**dict(known, **values))


def image(image_id=ONE, bits=b'bits', **values):
    """The same image as the slave's Glance shows it after a sync."""
    known = dict(
        id=image_id, name='ubuntu', status='active', visibility='public', os_hidden=False, protected=False, owner='p-admin',
        container_format='bare', disk_format='raw', min_disk=0, min_ram=0, size=len(bits), virtual_size=None, checksum=None,
        os_hash_algo='sha512', os_hash_value=sha512(bits), tags=[], created_at='x', updated_at='y', file='/v2/x', self='/v2/y',
        schema='/v2/z', stores='ceph', **{MARK_ORIGIN: attributes.mark(ORIGIN, image_id)})
    known.update(values)
    return {key: value for key, value in known.items() if value is not Ellipsis}


def build(wanted=(), present=(), left_out=(), members=(), burned=None, capabilities=MODERN, project_map=None, limits=None,
          max_image_size=0, policy=deletion.KEEP, now=NOW):
    """A Plan; present: image dicts, members: the API's list for each of them."""
    slave = Slave({one['id']: Present(one, list(members)) for one in present}, DIRECTORY, capabilities, burned or {}, ORIGIN)
    rules = Policy(project_map or ProjectMap(), limits or Limits(), max_image_size, policy)
    return plan.build(list(wanted), left_out, slave, rules, now)


def kinds(found):
    return [(action.kind, action.id) for action in found.actions]


def codes(found):
    return [(refusal.id, refusal.code) for refusal in found.refusals]


# wanted, and nothing there

def test_a_missing_image_is_created():
    found = build([record()])
    assert kinds(found) == [('create', ONE)] and codes(found) == []
    assert found.actions[0].target.owner == 'p-admin'


def test_updates_come_first_then_small_images():
    found = build([record(ONE, b'large image'), record(TWO, b'small'), record(THREE, name='renamed')], [image(THREE)])
    assert kinds(found) == [('update', THREE), ('create', TWO), ('create', ONE)]


def test_a_burned_id_is_refused_with_the_remedy():
    found = build([record()], burned={ONE: 'at noon'})
    assert kinds(found) == [] and codes(found) == [(ONE, 'burned')]
    remedy = found.refusals[0].remedy
    assert remedy.index('db purge --age') < remedy.index('purge_images_table') and 'backup' in remedy and 'ALL' in remedy
    assert 'at noon' in found.refusals[0].reason


def test_an_image_over_the_limit_is_refused():
    assert codes(build([record()], max_image_size=3)) == [(ONE, 'too-big')]
    assert kinds(build([record()], max_image_size=4)) == [('create', ONE)]


# wanted, and there without bits

@pytest.mark.parametrize('status, mark, kind, code', [
    ('queued', MINE, 'upload', None),               # a failed upload is repaired by uploading again
    ('queued', 'another/' + ONE, None, 'occupied'),  # brought from elsewhere
    ('queued', ORIGIN + '/' + TWO, None, 'occupied'),   # a mark read off another image
    ('queued', ..., None, 'occupied'),              # somebody else's
    ('saving', MINE, None, 'busy'),
    ('importing', MINE, None, 'busy'),
    ('saving', ..., None, 'occupied'),
])
def test_an_image_without_bits(status, mark, kind, code):
    found = build([record()], [image(status=status, size=None, os_hash_value=None, **{MARK_ORIGIN: mark})])
    assert [action.kind for action in found.actions] == ([kind] if kind else [])
    assert codes(found) == ([(ONE, code)] if code else [])


def test_the_mark_in_another_project_is_not_ours():
    found = build([record()], [image(status='queued', size=None, os_hash_value=None, owner='p-tenant')])
    assert kinds(found) == [] and codes(found) == [(ONE, 'occupied')]


# wanted, and there

def test_an_equal_image_needs_nothing():
    assert build([record()], [image()]) == plan.Plan((), (), ())


@pytest.mark.parametrize('mark', [MINE, 'another', ...])
def test_other_bits_are_never_overwritten(mark):
    found = build([record(name='new')], [image(bits=b'tibs', **{MARK_ORIGIN: mark})])
    assert kinds(found) == [] and codes(found) == [(ONE, 'other-bits')]
    assert sha512(b'bits') in found.refusals[0].reason and sha512(b'tibs') in found.refusals[0].reason


def test_size_alone_tells_other_bits():
    assert codes(build([record()], [image(bits=b'longer', os_hash_algo=None, os_hash_value=None)])) == [(ONE, 'other-bits')]


def test_the_strongest_shared_hash_decides():
    wanted = record(checksum='1' * 32)
    assert kinds(build([wanted], [image(os_hash_algo=None, os_hash_value=None, checksum='1' * 32)])) == []
    assert codes(build([wanted], [image(os_hash_algo=None, os_hash_value=None, checksum='2' * 32)])) == [(ONE, 'other-bits')]
    assert codes(build([wanted], [image(checksum='2' * 32)])) == []
    assert codes(build([record()], [image(os_hash_algo='sha256', os_hash_value='3' * 64)])) == [(ONE, 'no-common-hash')]
    assert codes(build([record(os_hash_algo='sha256', os_hash_value='3' * 64)],
                       [image(os_hash_algo='sha256', os_hash_value='3' * 64)])) == []


FIELDS = [
    ('name', 'old', 'new'), ('name', None, 'new'), ('visibility', 'community', 'public'), ('protected', True, False),
    ('os_hidden', True, False), ('min_disk', 3, 4), ('min_ram', 3, 0),
]


@pytest.mark.parametrize('field, here, there', FIELDS)
def test_a_field_that_differs_is_patched(field, here, there):
    found = build([record(**{field: there})], [image(**{field: here})])
    assert kinds(found) == [('update', ONE)]
    assert found.actions[0].changes == (changes.Change(field, '', here, there),)
    assert attributes.patch(found.actions[0].changes, image()) == [{'op': 'replace', 'path': '/' + field, 'value': there}]


def test_properties_are_added_changed_and_removed():
    here = image(kept='1', changed='1', removed='1', os_glance_importing_to_stores='x', **{'glance_sync_more': 'ours', 'a/b~c': '1'})
    found = build([record(properties={'kept': '1', 'changed': '2', 'added': '3', 'a/b~c': '2'})], [here])
    assert attributes.patch(found.actions[0].changes, here) == [
        {'op': 'replace', 'path': '/a~1b~0c', 'value': '2'}, {'op': 'add', 'path': '/added', 'value': '3'},
        {'op': 'replace', 'path': '/changed', 'value': '2'}, {'op': 'remove', 'path': '/removed'}]


def test_the_order_of_tags_is_no_difference():
    assert build([record(tags=('a', 'b'))], [image(tags=['b', 'a'])]).actions == ()
    found = build([record(tags=('a',))], [image(tags=['b'])])
    assert attributes.patch(found.actions[0].changes, image()) == [{'op': 'replace', 'path': '/tags', 'value': ['a']}]


def test_denied_properties_are_neither_set_nor_removed():
    found = build([record(properties={'hw_x': '1'})], [image(hw_y='2')], limits=Limits('', ('hw_*',)))
    assert found.actions == () and [held.code for held in found.held] == ['property-denied']


def test_formats_of_an_active_image_are_refused_and_the_rest_follows():
    found = build([record(disk_format='qcow2', name='new')], [image()])
    assert codes(found) == [(ONE, 'formats')] and [change.field for change in found.actions[0].changes] == ['name']


# deactivated images

@pytest.mark.parametrize('there, here, mark, changed, code', [
    ('deactivated', 'active', ..., [('status', 'deactivated')], None),
    ('active', 'deactivated', 'deactivated', [('status', 'active'), ('properties', None)], None),      # we did it: undo it
    ('active', 'deactivated', ..., [], 'local-deactivation'),                                          # somebody here did it
    ('deactivated', 'deactivated', ..., [], None),
    ('deactivated', 'deactivated', 'deactivated', [], None),
    ('active', 'active', 'deactivated', [('properties', None)], None),      # a kill between the two calls: forget the mark
])
def test_deactivation(there, here, mark, changed, code):
    found = build([record(status=there)], [image(status=here, **{MARK_STATUS: mark})])
    assert [(change.field, change.after) for action in found.actions for change in action.changes] == changed
    assert codes(found) == ([(ONE, code)] if code else [])


# owners and members

@pytest.mark.parametrize('visibility, owner, expected', [
    ('public', OTHER, 'p-other'),
    ('public', Project('nobody', 'Default'), 'p-admin'),
    ('community', None, 'p-admin'),
    ('private', TENANT, 'p-tenant'),
    ('private', None, None),
    ('shared', Project('tenant', 'Elsewhere'), None),
])
def test_owners(visibility, owner, expected):
    found = build([record(visibility=visibility, owner=owner)])
    if expected is None:
        assert kinds(found) == [] and codes(found) == [(ONE, 'owner-unknown')]
    else:
        assert found.actions[0].target.owner == expected
        assert bool(found.actions[0].detail) == (expected == 'p-admin')


def test_project_map():
    mapped = ProjectMap({Project('gold', 'X'): TENANT, ADMIN: OTHER})
    found = build([record(ONE, owner=Project('gold', 'X')), record(TWO, owner=ADMIN)], project_map=mapped)
    assert [action.target.owner for action in found.actions] == ['p-tenant', 'p-other']


def members(*pairs):
    return [{'member_id': project, 'status': status} for project, status in pairs]


def test_members_are_compared_for_shared_images_only():
    wanted = record(visibility='shared', owner=TENANT, members=(Member('other', 'Default', 'accepted'),))
    here = image(visibility='shared', owner='p-tenant')
    assert build([wanted], [here], members=members(('p-other', 'accepted'))).actions == ()
    found = build([wanted], [here], members=members(('p-other', 'pending'), ('p-admin', 'accepted')))
    assert [(change.item, change.before, change.after) for change in found.actions[0].changes] == [
        ('p-admin', 'accepted', None), ('p-other', 'pending', 'accepted')]
    assert build([record()], [image()], members=members(('p-other', 'pending'))).actions == ()


def test_a_member_that_is_unknown_here_is_refused_alone():
    people = (Member('nobody', 'Default', 'accepted'), Member('other', 'Default', 'pending'))
    wanted = record(visibility='shared', owner=TENANT, members=people)
    found = build([wanted])
    assert kinds(found) == [('create', ONE)] and codes(found) == [(ONE, 'member-unknown')]
    assert found.actions[0].target.members == {'p-other': 'pending'}


def test_a_capped_visibility_meets_the_owner_rule():
    found = build([record(owner=None)], limits=Limits('private'))
    assert codes(found) == [(ONE, 'owner-unknown')] and [held.code for held in found.held] == ['visibility-capped']


# old Glances

def test_an_old_glance_without_shared_community_and_hidden():
    old = attributes.Capabilities(frozenset(('public', 'private')), False, False)
    shared = record(visibility='shared', owner=TENANT, members=(Member('other', 'Default', 'pending'),), os_hidden=True)
    here = image(visibility='private', owner='p-tenant', os_hidden=..., os_hash_algo=..., os_hash_value=..., checksum='1' * 32)
    wanted = shared._replace(checksum='1' * 32)
    assert build([wanted], [here], members=members(('p-other', 'pending')), capabilities=old).actions == ()
    assert codes(build([record(visibility='community')], capabilities=old)) == [(ONE, 'visibility')]
    assert 'os_hidden' not in attributes.creation(build([wanted], capabilities=old).actions[0].target, ONE, ORIGIN, old)


# not wanted

def gone(mode, **values):
    return deletion.Policy(mode, values.pop('cap', deletion.Cap(5, None)), values.pop('grace', 0), values)


def test_what_the_master_no_longer_has_is_kept_by_default():
    assert build([], [image()]) == plan.Plan((), (), ())


@pytest.mark.parametrize('mark, kind', [
    (MINE, 'delete'), ('another/' + ONE, None), (..., None),
    (ORIGIN + '/' + TWO, None)])        # a snapshot: Nova copies the properties of an image to it
def test_only_what_we_brought_from_this_origin_goes(mark, kind):
    found = build([], [image(**{MARK_ORIGIN: mark})], policy=gone('delete'))
    assert [action.kind for action in found.actions] == ([kind] if kind else [])


def test_what_is_left_out_or_named_in_another_case_stays():
    assert build([], [image()], left_out=[ONE.upper()], policy=gone('delete')).actions == ()
    assert codes(build([record(ONE.upper())], [image()], policy=gone('delete'))) == [(ONE.upper(), 'other-case')]


def test_hide_hides_once():
    assert kinds(build([], [image()], policy=gone('hide'))) == [('hide', ONE)]
    assert build([], [image(os_hidden=True)], policy=gone('hide')).actions == ()
    old = attributes.Capabilities(frozenset(('public', 'private')), False, False)
    assert codes(build([], [image()], policy=gone('hide'), capabilities=old)) == [(ONE, 'cannot-hide')]


def test_deletions_come_last():
    assert kinds(build([record(TWO)], [image(ONE)], policy=gone('delete'))) == [('create', TWO), ('delete', ONE)]


@pytest.mark.parametrize('cap, goes', [
    (deletion.Cap(1, None), 0), (deletion.Cap(2, None), 2), (deletion.Cap(0, None), 0),
    (deletion.Cap(None, 50.0), 0), (deletion.Cap(None, 66.7), 2), (deletion.Cap(None, 100.0), 2)])
def test_more_than_the_cap_deletes_nothing(cap, goes):
    found = build([record(THREE)], [image(ONE), image(TWO), image(THREE)], policy=gone('delete', cap=cap))
    assert len(found.actions) == goes
    assert codes(found) == ([] if goes else [(ONE, 'max-delete'), (TWO, 'max-delete')])


def test_grace():
    policy = gone('delete', grace=100, **{ONE: NOW - 99, TWO: NOW - 100})
    assert kinds(build([], [image(ONE), image(TWO), image(THREE)], policy=policy)) == [('delete', TWO)]
    assert deletion.missing_since({ONE: 5, TWO: 6}, [ONE, THREE], 9) == {ONE: 5, THREE: 9}


def test_protected_images_are_refused():
    found = build([], [image(protected=True)], policy=gone('delete'))
    assert found.actions == () and codes(found) == [(ONE, 'protected')]


@pytest.mark.parametrize('text, cap', [('5', (5, None)), ('0', (0, None)), ('10%', (None, 10.0)), ('2.5%', (None, 2.5))])
def test_caps(text, cap):
    assert deletion.parse_cap(text) == cap
