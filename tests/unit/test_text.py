"""shown: foreign text on a terminal."""

import pytest
from hypothesis import given, strategies as st

from glance_sync.text import shown

CASES = [
    ('plain', 'plain'),
    ('a b', 'a b'),
    ('Ünïcödé 日本', 'Ünïcödé 日本'),
    ('two\nlines\r', 'two\\nlines\\r'),                 # no forged log line
    ('\x1b[2Jgone\x9b', '\\x1b[2Jgone\\x9b'),           # no cursor
    ('a\u202eb\u200f', 'a\\u202eb\\u200f'),             # no bidi
    ('a\u00a0b', 'a\\xa0b'),                            # a space that is none
    ('\ud800', '\\ud800'),                              # a lone surrogate
    ('\U000e0001', '\\U000e0001'),
    (None, 'None'), (7, '7'), (True, 'True'),
    ([1, 2], 'a list'), ({'a': 1}, 'a dict'), ((), 'a tuple'),
    (ValueError('x\ny'), 'x\\ny'),
    (10 ** 5000, 'a huge int'),                         # str() refuses it
]


@pytest.mark.parametrize('value, text', CASES, ids=range(len(CASES)))
def test_shown(value, text):
    assert shown(value) == text


def test_deep_lists_are_named():
    deep = []
    for _ in range(100000):
        deep = [deep]
    assert shown(deep) == 'a list'


@pytest.mark.parametrize('text, limit, expected', [
    ('x' * 120, 120, 'x' * 120),
    ('x' * 121, 120, 'x' * 117 + '...'),
    ('\n' * 121, 120, ('\\n' * 60)[:117] + '...'),      # escapes count too
    ('abcdef', 5, 'ab...'),
])
def test_limit(text, limit, expected):
    assert shown(text, limit) == expected


@given(st.text(), st.integers(3, 200))
def test_always_one_short_printable_line(text, limit):
    found = shown(text, limit)
    assert found.isprintable() and len(found) <= limit
    assert shown(found, limit) == found
    found.encode('utf-8')
