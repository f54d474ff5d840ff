"""The selection: which images travel, and what of them."""

import pytest
from hypothesis import given, strategies as st
from unit.given import ID, RECORDS, is_one_line, record

from glance_sync import selection
from glance_sync.errors import UsageError
from glance_sync.records import VISIBILITIES, Project
from glance_sync.selection import Held, Limits

GOLDEN = record(name='Ubuntu 22.04, daily', visibility='public', tags=('golden', 'lts'), owner=Project('admin', 'Default'),
                properties={'os_distro': 'ubuntu', 'os_version': '22.04', 'eq': 'a=b'})

MATCHES = [
    ('', True), (' \n ', True), (',', True),
    ('visibility=public', True), ('visibility=private', False), ('visibility=private,public', True),
    ('visibility=private, public', True), ('visibility=private ,\n public', True), ('visibility=private visibility=public', True),
    ('tag=golden', True), ('tag=gold', False), ('tag=g*', True), ('tag=Golden', False), ('tag=x,lts', True),
    ('tag=golden tag=x', True),                                 # any value of one key
    ('tag=golden visibility=private', False),                   # all keys
    ('tag=golden, visibility=public', True), ('tag=golden,visibility=private', False),
    ('property=os_distro', True), ('property=os_dist', False), ('property=os_distro=ubuntu', True),
    ('property=os_distro=u*', True),
    ('property=os_distro=debian', False), ('property=os_distro=debian,os_version=22.04', True), ('property=eq=a=b', True),
    ('property=os_distro=', False),                             # set, but not to nothing
    ('project=admin', True), ('project=adm*', True), ('project=admin@Default', True), ('project=admin@*', True),
    ('project=admin@Other', False), ('project=demo,admin', True),
    ('name=Ubuntu*', True), ('name=*22.04*', True), ('name=Ubuntu', False),
    ('name="Ubuntu 22.04, daily"', True), ("name='Ubuntu 22.04, daily'", True), ('"name=Ubuntu 22.04, daily"', True),
    (r'name=Ubuntu\ 22.04\,\ daily', True), ('name="Ubuntu 22.04",x', False), ('name=x,"Ubuntu 22.04, daily" tag=lts', True),
    ('name=[UX]buntu*', True), ('name=[!U]buntu*', False),
]


@pytest.mark.parametrize('text, matches', MATCHES)
def test_matches(text, matches):
    assert selection.parse(text).matches(GOLDEN) is matches


@pytest.mark.parametrize('text, matches', [('project=*', False), ('project=(unknown)', False), ('name=*', True),
                                           ('name=?*', False)])
def test_an_image_without_name_and_owner(text, matches):
    assert selection.parse(text).matches(GOLDEN._replace(name=None, owner=None)) is matches


@pytest.mark.parametrize('text, says', [
    ('golden', '"golden" is no term'),
    ('tag=', '"tag" is no term'),
    ('tag=golden lts', '"lts" is no term'),                     # white space: an unquoted name would go wrong in silence
    ('name=Ubuntu 22.04', '"22.04" is no term'),
    ('tags=golden', '"tags" is no term'),
    ('tag=golden,nmae=x', '"nmae" is no term'),
    ('Tag=golden', '"Tag" is no term'),
    ('=x', '"" is no term'),
    ('visibility=pubic', 'there is no visibility "pubic"'),
    ('visibility=p*', 'there is no visibility "p*"'),
    ('visibility=public,tag', 'there is no visibility "tag"'),
    ('name="x', 'a quote is not closed'),
    ("name='x", 'a quote is not closed'),
    ('name=x\\', 'a quote is not closed'),
    ('x\x1b[0m\n', '"x\\x1b[0m" is no term'),
])
def test_refused(text, says):
    with pytest.raises(UsageError) as caught:
        selection.parse(text)
    assert says in str(caught.value) and str(caught.value).startswith('select: ') and is_one_line(caught.value)


def test_text_is_what_a_change_is_seen_by():
    assert selection.parse(' tag=a \n  name=b ').text == 'tag=a name=b'


@given(st.text(st.sampled_from('tagnme=,"\'\\ *')) | st.text())
def test_anything_parses_or_is_one_line(text):
    try:
        selection.parse(text).matches(GOLDEN)
    except UsageError as error:
        assert is_one_line(error)


@given(st.lists(st.text(st.sampled_from('ab ,="é')), min_size=1).filter(all))
def test_quoted_tags_are_taken_as_they_are(tags):
    text = ' '.join('tag="{}"'.format(tag.replace('"', '\\"')) for tag in tags)
    assert all(selection.parse(text).matches(record(tags=(tag,))) for tag in tags)
    assert not selection.parse(text).matches(record(tags=('none of these',)))


# limits

@pytest.mark.parametrize('cap', ('',) + VISIBILITIES)
@pytest.mark.parametrize('visibility', VISIBILITIES)
def test_visibility_is_capped(cap, visibility):
    found, held = Limits(cap).restrict(GOLDEN._replace(visibility=visibility))
    narrower = cap and VISIBILITIES.index(cap) < VISIBILITIES.index(visibility)
    assert found.visibility == (cap if narrower else visibility)
    detail = '{} becomes {}'.format(visibility, cap)
    assert held == ([Held(ID, GOLDEN.name, 'visibility-capped', detail)] if narrower else [])


def test_properties_are_denied():
    limits = Limits(denied=('os_*', 'x'))
    found, held = limits.restrict(GOLDEN)
    assert found.properties == {'eq': 'a=b'}
    assert held == [Held(ID, GOLDEN.name, 'property-denied', 'os_distro, os_version')]
    assert GOLDEN.properties.keys() == {'os_distro', 'os_version', 'eq'}        # the record itself stays
    assert [name for name in ('os_x', 'x', 'OS_x', 'xy') if limits.denies(name)] == ['os_x', 'x']


@given(RECORDS, st.sampled_from(('',) + VISIBILITIES), st.lists(st.sampled_from(['*', 'a*', '?']), max_size=2))
def test_what_is_restricted_stays_so(one, cap, denied):
    limits = Limits(cap, denied)
    found, held = limits.restrict(one)
    assert limits.restrict(found) == (found, [])
    assert bool(held) == (found != one)
