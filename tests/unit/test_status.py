"""The status: the last success moves on clean runs only, and what does not parse is told, not believed."""

import json
import os
import stat

import pytest
from hypothesis import given, strategies as st
from unit.given import JSON, is_one_line

from glance_sync import health, outcome, status
from glance_sync.errors import Conflict, Corrupt
from glance_sync.plan import Refusal


def run(code, started=100, verb='sync'):
    return {'verb': verb, 'started': started, 'finished': started + 5, 'exit_code': code, 'message': 'm', 'version': '1'}


def result(failed=False, refused=False, guard=None):
    found = outcome.Record('sync')
    if failed:
        found.fail('i', 'n', Conflict('x', 'y'))
    if refused:
        found.refused.append(Refusal('r', 'n', 'burned', 'why', 'what'))
    found.guard = guard
    found.facts['generation'] = 7
    return found.outcome()


CASES = [       # exit code, what the run did, whether the last success moves
    (0, result(), True),
    (3, result(refused=True), True),                    # standing refusals
    (3, result(failed=True), False),
    (3, result(failed=True, refused=True), False),
    (4, result(guard=('max-delete', 'x')), False),
    (4, None, False), (1, None, False), (6, None, False), (130, None, False), (70, None, False),
    (1, result(), False),                               # it broke after its outcome
    (0, None, False),                                   # no evidence
]


@pytest.mark.parametrize('code, found, moves', CASES)
def test_the_last_success_moves_on_clean_runs_only(code, found, moves):
    before = status.after_run(status.empty(), 'slave', run(0, 50), result())
    after = status.after_run(before, 'slave', run(code), found)
    assert after['last_success']['sync']['finished'] == (105 if moves else 55)
    assert after['runs']['sync']['clean'] is moves and after['runs']['sync']['exit_code'] == code
    assert before['last_success']['sync']['finished'] == 55 and after['mode'] == 'slave'
    assert len(after['runs']['sync']['failed']) == (len(found.failed) if found else 0)


def test_verbs_do_not_share():
    found = status.after_run(status.empty(), 'slave', run(0), result())
    found = status.after_run(found, 'slave', run(1, 200, 'verify'), None)
    assert set(found['runs']) == {'sync', 'verify'} and set(found['last_success']) == {'sync'}
    assert found['last_success']['sync'] == {'started': 100, 'finished': 105, 'facts': {'generation': 7}}


def test_written_and_read(tmp_path):
    target = status.StatusFile(str(tmp_path))
    assert target.read() == status.empty()
    value = status.after_run(status.empty(), 'slave', run(3), result(failed=True, refused=True))
    value = status.with_mail(value, health.Mail((('i', 'x'), ('', 'y\ud800')), 5))
    target.write(value)
    assert target.read() == value and status.mail(target.read()) == health.Mail((('i', 'x'), ('', 'y\ud800')), 5)
    assert stat.S_IMODE(os.stat(target.path).st_mode) == 0o644 and os.listdir(str(tmp_path)) == ['status.json']


def test_mail_of_a_unit_that_never_sent_any():
    assert status.mail(status.empty()) == health.NO_MAIL == status.mail({})


GOOD = status.after_run(status.empty(), 'slave', run(0), result())


@pytest.mark.parametrize('text', [
    '', '{', '[]', '{}', 'null', '\x00', '{"format": 2}', '[' * 100000, '{"format": 1}', '\ufeff{}',
    json.dumps(dict(GOOD, runs=[])), json.dumps(dict(GOOD, runs={'sync': None})), json.dumps(dict(GOOD, runs={'sync': {}})),
    json.dumps(dict(GOOD, last_success=None)), json.dumps(dict(GOOD, last_success={'sync': {}})),
    json.dumps(dict(GOOD, last_success={'sync': {'finished': 'x'}})), json.dumps(dict(GOOD, mail={'keys': 5})),
    json.dumps(dict(GOOD, mail={'keys': [['a']], 'at': 0})), json.dumps(dict(GOOD, mail={'keys': [], 'at': None})),
])
def test_corrupt(tmp_path, text):
    (tmp_path / 'status.json').write_text(text, encoding='utf-8')
    with pytest.raises(Corrupt) as caught:
        status.StatusFile(str(tmp_path)).read()
    assert is_one_line(caught.value) and str(tmp_path / 'status.json') in str(caught.value)


@given(st.sampled_from(['format', 'mode', 'runs', 'last_success', 'mail']), JSON)
def test_what_is_read_can_be_judged(tmp_path_factory, part, value):
    folder = tmp_path_factory.getbasetemp()
    (folder / 'status.json').write_text(json.dumps(dict(GOOD, **{part: value})))
    try:
        found = status.StatusFile(str(folder)).read()
    except Corrupt as error:
        assert is_one_line(error)
    else:
        health.judge(found, 'slave', 200, 10, 20)
        status.after_run(found, 'slave', run(0), result())
        status.with_mail(found, status.mail(found))
