"""Projects: the map between the names of two clouds."""

import pytest
from hypothesis import given, strategies as st
from unit.given import is_one_line

from glance_sync import projects
from glance_sync.errors import UsageError
from glance_sync.records import Project

A, B = Project('a', 'Default'), Project('b', 'Default')


def test_directory():
    found = projects.Directory({'1': A, '2': B}, '2')
    assert (found.project('1'), found.project('9'), found.project(None)) == (A, None, None)
    assert (found.project_id(B), found.project_id(Project('a', 'other')), found.project_id(None)) == ('2', None, None)
    assert (found.name('1'), found.name('9\n'), found.own) == ('a@Default', '9\\n', '2')


@pytest.mark.parametrize('text, pairs', [
    ('', {}), (' \n,\n', {}),
    ('a@Default -> b@Default', {A: B}),
    ('a@Default->b@Default', {A: B}),
    (' a @ Default -> b @ Default ,', {A: B}),
    ('a@Default -> b@Default, b@Default -> a@Default', {A: B, B: A}),
    ('a@Default -> b@Default\nb@Default -> a@Default\n', {A: B, B: A}),
    ('a@Default -> b@Default, b@Default -> b@Default', {A: B, B: B}),       # two may become one
    ('x@y@Default -> b@Default', {Project('x@y', 'Default'): B}),           # the last @ counts
    ('two words@My Domain -> b@Default', {Project('two words', 'My Domain'): B}),
])
def test_parse(text, pairs):
    found = projects.parse(text)
    for source in (A, B, Project('x@y', 'Default'), Project('two words', 'My Domain')):
        assert found.translate(source) == pairs.get(source, source)
    assert found.translate(None) is None


@pytest.mark.parametrize('text, says', [
    ('a@Default', '"a@Default" has no ->'),
    ('a@Default = b@Default', 'has no ->'),
    ('a -> b@Default', '"a -> b@Default" does not name project@domain on both sides'),
    ('a@Default -> b', 'does not name project@domain on both sides'),
    ('@Default -> b@Default', 'does not name project@domain'),
    ('a@ -> b@Default', 'does not name project@domain'),
    ('a@Default ->', 'does not name project@domain'),
    ('a@D -> b@D -> c@D', 'has more than one ->'),
    ('a@Default -> b@Default, a@Default -> a@Default', 'a@Default stands twice'),
    ('a\x1b@Default', '"a\\x1b@Default" has no ->'),
])
def test_refused(text, says):
    with pytest.raises(UsageError) as caught:
        projects.parse(text)
    assert says in str(caught.value) and str(caught.value).startswith('project_map: ') and is_one_line(caught.value)


NAME = st.text(st.sampled_from('aé-_.@ '), min_size=1).filter(lambda text: text == text.strip() and not text.endswith('@'))


@given(st.dictionaries(st.builds(Project, NAME, st.sampled_from(['Default', 'd 2'])), st.builds(Project, NAME, st.just('D')),
                       max_size=4))
def test_what_is_written_is_read(pairs):
    text = ', '.join('{}@{} -> {}@{}'.format(*(source + target)) for source, target in pairs.items())
    found = projects.parse(text)
    assert {source: found.translate(source) for source in pairs} == pairs
