"""The outcome: what a run did and its exit code."""

import json

import pytest

from glance_sync import errors, outcome
from glance_sync.errors import Conflict, Unreachable
from glance_sync.outcome import Done, Failed
from glance_sync.plan import Refusal

DONE = Done('create', 'i', 'n', 5, '')
REFUSAL = Refusal('r', None, 'burned', 'why', 'what to do')


def record(done=(), failures=(), refused=(), guard=None):
    found = outcome.Record('sync')
    found.done.extend(done)
    for image_id, error in failures:
        found.fail(image_id, 'n', error)
    found.refused.extend(refused)
    found.guard = guard
    return found.outcome()


FAILURE = ('f', Conflict('PUT answers 409', 'wait'))


@pytest.mark.parametrize('parts, code, clean', [
    ({}, errors.DONE, True),
    ({'done': [DONE]}, errors.DONE, True),
    ({'refused': [REFUSAL]}, errors.PARTIAL, True),                 # standing refusals do not count against it
    ({'failures': [FAILURE]}, errors.PARTIAL, False),
    ({'failures': [FAILURE], 'refused': [REFUSAL]}, errors.PARTIAL, False),
    ({'guard': ('max-delete', 'x')}, errors.REFUSED, False),
    ({'guard': ('max-delete', 'x'), 'failures': [FAILURE]}, errors.REFUSED, False),
])
def test_exit_code_and_clean(parts, code, clean):
    found = record(**parts)
    assert (outcome.exit_code(found), outcome.is_clean(found)) == (code, clean)
    value = json.loads(json.dumps(outcome.to_json(found)))
    assert (value['exit_code'], value['clean'], value['verb']) == (code, clean, 'sync')


def test_counts_and_order():
    found = record([DONE, DONE, Done('fetch', 'i', None, 7, '')], [('z', Unreachable('x')), FAILURE],
                   [REFUSAL, REFUSAL._replace(id='a'), REFUSAL._replace(code='a')])
    assert outcome.counts(found) == {'create': 2, 'fetch': 1, 'failed': 2, 'refused': 3, 'bytes': 17}
    assert [one.id for one in found.failed] == ['f', 'z']
    assert [(one.id, one.code) for one in found.refused] == [('a', 'burned'), ('r', 'a'), ('r', 'burned')]
    assert found.failed[0] == Failed('f', 'n', 'conflict', 'PUT answers 409', 'wait')


def test_json_is_whole():
    value = outcome.to_json(record([DONE], [FAILURE], [REFUSAL], ('shrink', 'text')))
    assert value['done'] == [{'kind': 'create', 'id': 'i', 'name': 'n', 'bytes': 5, 'detail': ''}]
    assert value['refused'] == [{'id': 'r', 'name': None, 'code': 'burned', 'reason': 'why', 'remedy': 'what to do'}]
    assert value['guard'] == {'code': 'shrink', 'text': 'text'}
    assert sorted(value) == ['clean', 'counts', 'done', 'exit_code', 'facts', 'failed', 'guard', 'held', 'refused', 'verb']


def test_a_value_does_not_change_with_its_record():
    found = outcome.Record('sync')
    value = found.outcome()
    found.facts['x'] = 1
    found.done.append(DONE)
    assert value.facts == {} and value.done == ()
