"""The ledger: burned IDs are tried again after 1 h, 2 h, 4 h ... 24 h."""

import json

import pytest
from hypothesis import given, strategies as st
from unit.given import ID, JSON, OTHER, is_one_line

from glance_sync import ledger
from glance_sync.errors import Corrupt
from glance_sync.ledger import EMPTY, Burned, Ledger

HOUR = 3600
TIME = st.integers(0, 2 ** 40)


def test_intervals():
    found, now, waits = EMPTY, 1000000, []
    for _ in range(8):
        found = ledger.refused(found, ID, now)
        waits.append(ledger.waiting(found, now)[ID] - now)
        now += waits[-1]
        assert ledger.waiting(found, now - 1) == {ID: now}
        assert ledger.waiting(found, now) == {}                 # due
    assert waits == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR]
    assert found.burned[ID].since == 1000000


def test_a_clock_that_was_wrong_holds_nobody_back():
    found = ledger.refused(EMPTY, ID, 2 ** 33)
    assert ledger.waiting(found, 2 ** 31) == {}


def test_taken():
    found = ledger.refused(ledger.refused(EMPTY, ID, 5), OTHER, 5)
    assert set(ledger.taken(found, {ID}).burned) == {OTHER}
    assert ledger.taken(found, {ID, OTHER}) == EMPTY == Ledger({}, {})      # and nothing wrote into EMPTY
    assert set(found.burned) == {ID, OTHER}
    assert ledger.refused(ledger.taken(found, {ID}), ID, 9).burned[ID] == Burned(9, 9, HOUR)


@given(st.builds(Ledger, st.dictionaries(st.uuids().map(str), st.builds(Burned, TIME, TIME, TIME), max_size=3),
                 st.dictionaries(st.uuids().map(str), TIME, max_size=3)))
def test_round_trip(value):
    assert ledger.from_json(json.loads(json.dumps(ledger.to_json(value)))) == value


ONE = {'since': 1, 'tried': 1, 'wait': 1}


@pytest.mark.parametrize('data', [
    None, [], 5, 'x', {}, {'burned': {}}, {'burned': [], 'missing': {}}, {'burned': {}, 'missing': []},
    {'burned': {ID: {}}, 'missing': {}},
    {'burned': {ID: 5}, 'missing': {}}, {'burned': {'../x': ONE}, 'missing': {}}, {'burned': {}, 'missing': {'x': 1}},
] + [{'burned': {ID: dict(ONE, wait=value)}, 'missing': {}} for value in (
    '5', None, True, -1, float('nan'), float('inf'), 10 ** 400, [1])] + [{'burned': {}, 'missing': {ID: 2 ** 41}}],
    ids=range(21))
def test_corrupt(data):
    with pytest.raises(Corrupt) as caught:
        ledger.from_json(data)
    assert is_one_line(caught.value) and '.ledger.json' in str(caught.value)


@given(JSON, st.sampled_from(['burned', 'missing']))
def test_anything_is_a_ledger_or_corrupt(value, part):
    try:
        found = ledger.from_json(dict({'burned': {}, 'missing': {}}, **{part: value}))
    except Corrupt as error:
        assert is_one_line(error)
    else:
        assert ledger.from_json(ledger.to_json(found)) == found
