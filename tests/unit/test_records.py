"""The record: what a slave believes of a master (invariant 10)."""

import json

import pytest
from hypothesis import given, strategies as st
from unit.given import ID, JSON, RECORDS, image, is_one_line

from glance_sync import records
from glance_sync.errors import ManifestError
from glance_sync.records import Member, Project


@given(RECORDS)
def test_round_trip(one):
    assert records.from_json(records.to_json(one)) == one
    assert records.from_json(json.loads(json.dumps(records.to_json(one)))) == one


@given(RECORDS, st.sampled_from(records.Record._fields), JSON)
def test_any_value_in_any_field_is_a_record_or_one_line(one, field, value):
    try:
        found = records.from_json(dict(records.to_json(one), **{field: value}))
    except ManifestError as error:
        assert is_one_line(error) and field in str(error)
    else:
        assert records.from_json(records.to_json(found)) == found


def test_what_may_be_missing():
    needed = {key: image()[key] for key in ('id', 'status', 'visibility', 'min_disk', 'min_ram', 'size', 'sha512')}
    found = records.from_json(needed)
    assert (found.name, found.owner, found.members, found.tags, found.properties, found.os_hidden) == (None, None, (), (), {},
        False)
    for key in needed:
        with pytest.raises(ManifestError):
            records.from_json({name: needed[name] for name in needed if name != key})


def test_what_is_put_in_order():
    people = [{'project': name, 'domain': 'D', 'status': 'accepted'} for name in 'ba']
    found = records.from_json(image(tags=['b', 'a', 'b'], members=people, novelty='x'))
    assert found.tags == ('a', 'b')
    assert found.members == (Member('a', 'D', 'accepted'), Member('b', 'D', 'accepted'))


MEMBER = {'project': 'p', 'domain': 'D', 'status': 'accepted'}
REFUSED = [
    # IDs: a path, another shape
    ('id', '../../etc/passwd'), ('id', ID + '\n'), ('id', ID[:-1]), ('id', ID.replace('-', '')), ('id', '{' + ID + '}'),
    ('id', ''),
    ('id', 5), ('id', [ID]), ('id', '٠' * 8 + ID[8:]), ('id', ID[:-1] + 'g'), ('id', '/' + ID), ('id', ID + '/..'),
    # sizes
    ('size', -1), ('size', 2 ** 50 + 1), ('size', 1.0), ('size', '5'), ('size', True), ('size', None), ('size', float('nan')),
    ('size', 10 ** 5000), ('virtual_size', -1), ('virtual_size', 2 ** 70), ('min_disk', 2 ** 31), ('min_ram', -1),
    ('min_ram', False),
    # words
    ('status', 'queued'), ('status', 'deleted'), ('status', ['active']), ('status', True), ('visibility', 'Public'),
    ('visibility', {}),
    ('os_hidden', 1), ('os_hidden', 'true'), ('os_hidden', None), ('protected', 0),
    # texts
    ('name', 5), ('name', 'x' * 256), ('name', '\ud800'), ('disk_format', ['qcow2']), ('created_at', 'x' * 65), ('updated_at', 1),
    # digests
    ('sha512', 'b' * 127), ('sha512', 'B' * 128), ('sha512', 'z' * 128), ('sha512', None), ('sha512', 'b' * 128 + '\n'),
    ('checksum', 'a'),
    ('checksum', 5), ('os_hash_algo', '../x'), ('os_hash_algo', 'SHA512'), ('os_hash_algo', ''), ('os_hash_value', ''),
    ('os_hash_value', 'b' * 513),
    # owner and members
    ('owner', 'admin'), ('owner', {}), ('owner', {'project': 'p'}), ('owner', {'project': 1, 'domain': 'D'}), ('owner', []),
    ('members', {}), ('members', ['p']), ('members', [dict(MEMBER, status='owner')]),
    ('members', [dict(MEMBER, status=['accepted'])]),
    ('members', [dict(MEMBER, project=None)]), ('members', [MEMBER, dict(MEMBER, status='pending')]),
    ('members', [MEMBER] * 4097),
    # tags and properties
    ('tags', 'golden'), ('tags', [1]), ('tags', [['a']]), ('tags', ['x' * 256]), ('tags', ['\udfff']), ('tags', ['a'] * 4097),
    ('tags', None),
    ('properties', []), ('properties', {'a': 1}), ('properties', {'a': None}), ('properties', {'x' * 256: ''}),
    ('properties', {'a': 'x' * 65536}), ('properties', {'a': 'é' * 32768}), ('properties', {'\ud800': ''}),
    ('properties', {str(number): '' for number in range(4097)}),
]


@pytest.mark.parametrize('field, value', REFUSED, ids=range(len(REFUSED)))
def test_refused(field, value):
    with pytest.raises(ManifestError) as caught:
        records.from_json(image(**{field: value}))
    assert is_one_line(caught.value) and field in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize('name', sorted(records.RESERVED_PROPERTIES) + ['os_glance_x', 'glance_sync', 'glance_sync_origin'])
def test_no_property_can_pose_as_a_field(name):
    assert records.is_reserved(name)
    with pytest.raises(ManifestError) as caught:
        records.from_json(image(properties={name: 'x'}))
    assert 'reserved name ' + name in str(caught.value)


def test_every_field_is_reserved():
    assert not [field for field in records.Record._fields if field not in ('sha512',
        'properties') and not records.is_reserved(field)]


@pytest.mark.parametrize('data', [None, 5, 'x', [], [image()], True])
def test_no_object(data):
    with pytest.raises(ManifestError) as caught:
        records.from_json(data)
    assert is_one_line(caught.value)


@pytest.mark.parametrize('field, value', [
    ('size', 0), ('size', 2 ** 50), ('min_ram', 2 ** 31 - 1), ('name', ''), ('name', 'x' * 255), ('name', '日' * 255),
    ('name', 'a\nb\0'),
    ('id', ID.upper()), ('properties', {'': '', 'a/b~c': 'é' * 32767, 'Foo': '1', 'foo': '2'}), ('tags', ['']), ('owner', None),
    ('properties', {'os_hidden_by': 'x', 'names': 'y', 'os_glanc': 'z'})])
def test_odd_but_right(field, value):
    found = records.from_json(image(**{field: value}))
    assert records.to_json(found)[field] == value


@pytest.mark.parametrize('size, limit, code', [(5, 0, None), (5, 5, None), (6, 5, 'too-big')])
def test_too_big(size, limit, code):
    found = records.too_big(records.from_json(image(size=size)), limit)
    assert found is None if code is None else (found[0] == code and '6 bytes, max_image_size is 5' in found[1])


def test_label():
    assert records.label(Project('p', 'D')) == 'p@D' == records.label(Member('p', 'D', 'accepted'))
    assert records.label(None) == '(unknown)'
