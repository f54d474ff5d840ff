"""The manifest: whole and right, or refused in one line; never anything else."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings, strategies as st
from unit.given import ID, JSON, OTHER, RECORDS, image, is_one_line

from glance_sync import manifest, records
from glance_sync.errors import Guarded, ManifestError
from glance_sync.manifest import LeftOut, Manifest

PLAIN = st.text(st.characters(categories=['Ll', 'Nd', 'Pd']), min_size=1, max_size=20)
MANIFESTS = st.builds(
    Manifest, st.integers(1, 2 ** 53), st.builds(lambda one, region: {'id': one, 'region': region}, PLAIN, PLAIN), PLAIN,
    st.lists(RECORDS, max_size=3, unique_by=lambda one: one.id).map(sorted).map(tuple),
    st.lists(st.builds(LeftOut, PLAIN, PLAIN), max_size=2).map(sorted).map(tuple))


def written(**fields):
    """Return the text of a manifest of one image, with `fields` in place of its own."""
    value = {'format': 1, 'generation': 7, 'origin': {'id': 'o'}, 'created': 'now', 'left_out': [], 'images': [image()]}
    value.update(fields)
    return json.dumps(value)


def refused(text):
    """Return the message of the ManifestError that `text` ends in, one short line."""
    with pytest.raises(ManifestError) as caught:
        manifest.load(text)
    assert is_one_line(caught.value) and len(str(caught.value)) < 600
    return str(caught.value)


@given(MANIFESTS)
def test_round_trip(value):
    text = manifest.dump(value)
    assert manifest.load(text) == value == manifest.load(text.encode('utf-8'))
    assert manifest.dump(manifest.load(text)) == text
    assert len(text.splitlines()) == 9 + max(len(value.records), 1)     # one image a line


@given(MANIFESTS, st.data())
@settings(max_examples=100)
def test_cut_anywhere(value, data):
    text = manifest.dump(value).rstrip()
    refused(text[:data.draw(st.integers(0, len(text) - 1))])


@given(MANIFESTS, st.data())
@settings(max_examples=150)
def test_mutated_anywhere(value, data):
    text = bytearray(manifest.dump(value).encode('utf-8'))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at:at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = manifest.load(bytes(text))
    except ManifestError as error:
        assert is_one_line(error)
    else:
        assert manifest.load(manifest.dump(found)) == found


@given(st.text() | st.binary() | JSON.map(json.dumps))
def test_anything_else(text):
    refused(text)


@given(st.sampled_from(['format', 'generation', 'origin', 'created', 'left_out', 'images']), JSON)
@settings(max_examples=200)
def test_any_value_in_any_part(part, value):
    try:
        found = manifest.load(written(**{part: value}))
    except ManifestError as error:
        assert is_one_line(error)
    else:
        assert manifest.load(manifest.dump(found)) == found and found.generation > 0


DEEP = 100000
HOSTILE = [
    # text that is no JSON
    ('', 'not whole JSON'), (b'', 'not whole JSON'), (b'\xff\xfe{}', 'not whole JSON'), ('{}x', 'not whole JSON'),
    (b'\xef\xbb\xbf{}', 'not whole JSON'), ('{"format": NaN}', 'NaN is not JSON'),
    ('{"format": -Infinity}', '-Infinity is not JSON'),
    # deep and large
    ('[' * DEEP, 'not whole JSON'), ('{"a":' * DEEP, 'not whole JSON'), ('[' * DEEP + ']' * DEEP, 'not whole JSON'),
    ('{"format": ' + '[' * 900 + ']' * 900 + '}', 'format a list'),
    (written().replace('"bare"', '[' * 900 + ']' * 900), 'container_format is not a text'),
    ('{"format": ' + '9' * 10 ** 6 + '}', 'a number of 1000000 digits'),
    (written().replace('"size": 5', '"size": ' + '9' * 10 ** 6), 'a number of 1000000 digits'),
    (written().replace('"size": 5', '"size": 0.' + '9' * 10 ** 6), 'size is not a whole number'),
    (written().replace('"size": 5', '"size": 1e' + '9' * 10 ** 6), 'size is not a whole number'),
    (written(name='x' * 10 ** 6).replace('"jammy"', '"' + 'x' * 10 ** 6 + '"'), 'name is longer than 255 characters'),
    # not an object
    ('[]', 'not an object'), ('5', 'not an object'), ('null', 'not an object'), ('"x"', 'not an object'),
    # formats
    ('{}', 'format None, this glance-sync reads 1'), (written(format=2), 'upgrade glance-sync here first'),
    (written(format=10 ** 20), 'upgrade glance-sync here first'), (written(format=True), 'format True'),
    (written(format='1'), 'format 1'),
    (written(format=1.0), 'format 1.0'), (written(format=0), 'run "glance-sync dump" on the master'),
    # generations
    (written(generation=0), 'generation 0'), (written(generation=-5), 'generation -5'),
    (written(generation=True), 'generation True'),
    (written(generation=7.0), 'generation 7.0'), (written(generation=2 ** 53 + 1), 'generation 9007'),
    (written(generation=None), 'generation'),
    # origins
    (written(origin=None), 'no origin'), (written(origin={}), 'no origin'), (written(origin={'id': ''}), 'no origin'),
    (written(origin={'id': 5}), 'no origin'), (written(origin={'id': 'x' * 256}), 'no origin'),
    (written(origin={'id': 'a\nb'}), 'no origin'),
    (written(origin={'id': '\ud800'}), 'no origin'),
    # images
    (written(images=None), 'no list of images'), (written(images={}), 'no list of images'),
    (written(images=[5]), 'not an object: 5'),
    (written(images=[image(), image()]), 'stands twice'), (written(images=[image(), image(id=ID.upper())]), 'stands twice'),
    (written(images=[image(id='../../etc/passwd')]), 'image ../../etc/passwd: id is not a UUID'),
    (written(images=[image(size=-1)]), 'size is -1, outside 0 to'),
    (written(images=[image(size=2 ** 60)]), 'size is 1152921504606846976'),
    (written(images=[image(size=True)]), 'size is not a whole number'),
    (written(images=[image(name='\ud800')]), 'name is not valid Unicode'),
    (written(images=[image(), {}]), 'image None: id is not a UUID'),
    # left out
    (written(left_out={}), 'left_out'), (written(left_out=[5]), 'left_out'), (written(left_out=[{'id': 5}]), 'left_out'),
    (written(left_out=[{'id': 'x\ny'}]), 'left_out'),
]


@pytest.mark.parametrize('text, says', HOSTILE, ids=range(len(HOSTILE)))
def test_hostile(text, says):
    started = time.monotonic()
    assert says in refused(text)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize('text', ['[' + '[],' * (2 ** 22 + 1), '[' + '0,' * (2 ** 24 + 1), '{"a":' + '{},' * (2 ** 22 + 1)])
def test_small_values_in_masses_are_never_built(text):
    tracemalloc.start()
    try:
        assert 'more values than any catalog has' in refused(text)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_larger_than_any():
    assert 'more than 256 MiB' in refused(' ' * (manifest.MAX_BYTES + 1))


def test_a_real_catalog_is_not_too_large():
    one = records.from_json(image(properties={'property {}'.format(number): 'value' for number in range(20)},
                                  tags=['a', 'b', 'c']))
    line = json.dumps(records.to_json(one))
    most = manifest.MAX_BYTES // len(line)
    assert line.count(',') * most < manifest.MAX_VALUES and (line.count('{') + line.count('[')) * most < manifest.MAX_LISTS


def test_order_does_not_matter():
    found = manifest.load(written(images=[image(id=OTHER), image()]))
    assert [one.id for one in found.records] == [ID, OTHER]


@pytest.mark.parametrize('previous, now, found', [(None, 1000.9, 1000), (None, 0, 1), (999, 1000, 1000), (1000, 1000, 1001),
                                                  (5000, 1000, 5001)])
def test_next_generation_only_grows(previous, now, found):
    assert manifest.next_generation(previous, now) == found


@pytest.mark.parametrize('old, new, code', [
    (None, ('o', 5), None), (('o', 5), ('o', 5), None), (('o', 5), ('o', 6), None),
    (('o', 5), ('o', 4), 'older-generation'),
    (('o', 5), ('p', 6), 'other-origin'), (('o', 5), ('p', 4), 'other-origin'),
])
def test_successor(old, new, code):
    if code is None:
        return manifest.check_successor(old, new, 'host:/d')
    with pytest.raises(Guarded) as caught:
        manifest.check_successor(old, new, 'host:/d')
    assert caught.value.code == code and is_one_line(caught.value)
    assert str(caught.value).startswith('host:/d serves ') and '--accept-generation' in str(caught.value)


@pytest.mark.parametrize('old, new, refuses', [
    (0, 0, False), (0, 9, False), (9, 9, False),
    (1, 0, True), (5, 0, True),                 # suddenly empty
    (10, 5, False), (10, 4, True),              # five may always go
    (25, 20, False), (25, 19, True),
    (100, 80, False), (100, 79, True),          # then a fifth
])
def test_shrink(old, new, refuses):
    old, new = set(range(old)), set(range(new))
    if not refuses:
        return manifest.check_shrink(old, new)
    with pytest.raises(Guarded) as caught:
        manifest.check_shrink(old, new, 'select was "a" and is now "b"')
    assert caught.value.code == 'shrink' and is_one_line(caught.value)
    assert str(caught.value) == '{} of {} images are gone from the catalog (select was "a" and is now "b"): {}'.format(
        len(old - new), len(old), 'if that is right, accept it once with --accept-shrink')


def test_a_whole_exchange_is_a_shrink():
    with pytest.raises(Guarded):
        manifest.check_shrink(set(range(10)), set(range(10, 30)))
