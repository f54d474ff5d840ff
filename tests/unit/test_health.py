"""Health: positive evidence for whoever is on call, and no mail twice."""

import pytest
from hypothesis import given, strategies as st

from glance_sync import errors, health
from glance_sync.health import CRITICAL, OK, UNKNOWN, WARNING, Mail

HOUR, NOW = 3600, 10 ** 9
GOOD = {'exit_code': 0, 'message': '', 'finished': NOW}


def status(age=None, last=None, verb='sync'):
    """Return a status whose last clean run ended `age` seconds ago."""
    success = {} if age is None else {verb: {'finished': NOW - age}}
    return {'last_success': success, 'runs': {} if last is None else {verb: last}}


def run(code, message='it says'):
    return {'exit_code': code, 'message': message, 'finished': NOW}


@pytest.mark.parametrize('age, last, level, text', [
    # never
    (None, None, CRITICAL, 'no sync ever succeeded'),
    (None, run(6, 'm is down'), CRITICAL, 'no sync ever succeeded; last run: exit 6, m is down'),
    (None, run(1, ''), CRITICAL, 'no sync ever succeeded; last run: exit 1, see the log'),
    # by age
    (0, GOOD, OK, 'last clean sync 0 s ago'),
    (8 * HOUR, GOOD, OK, 'last clean sync 8 h 0 min ago'),
    (8 * HOUR + 1, GOOD, WARNING, 'last clean sync 8 h 0 min ago'),
    (24 * HOUR, GOOD, WARNING, 'last clean sync 1 d 0 h ago'),
    (24 * HOUR + 1, GOOD, CRITICAL, 'last clean sync 1 d 0 h ago'),
    # a young success and a last run that is not well
    (60, run(0), OK, 'last clean sync 1 min ago'),
    (60, run(5), OK, 'last clean sync 1 min ago'),                                  # another run held the lock
    (60, run(3), WARNING, 'last clean sync 1 min ago; last run: exit 3, it says'),  # standing refusals
    (60, run(6), WARNING, 'last clean sync 1 min ago; last run: exit 6, it says'),
    (60, run(70), WARNING, 'last clean sync 1 min ago; last run: exit 70, it says'),
    (60, run(99), WARNING, 'last clean sync 1 min ago; last run: exit 99, it says'),
    (25 * HOUR, run(1), CRITICAL, 'last clean sync 1 d 1 h ago; last run: exit 1, it says'),
    # the clock
    (-300, GOOD, OK, 'last clean sync 0 s ago'),
    (-301, GOOD, UNKNOWN, 'the last success lies 5 min in the future: see the clock'),
])
def test_judge(age, last, level, text):
    assert health.judge(status(age, last), 'slave', NOW, 8 * HOUR, 24 * HOUR) == (level, text)


def test_each_mode_has_its_own_verb():
    both = {'last_success': {'sync': {'finished': NOW}}, 'runs': {}}
    assert health.judge(both, 'master', NOW, HOUR, HOUR).text == 'no dump ever succeeded'
    assert health.judge(both, 'slave', NOW, HOUR, HOUR).level == OK


@pytest.mark.parametrize('seconds, text', [(0, '0 s'), (59.9, '59 s'), (60, '1 min'), (3599, '59 min'), (3600, '1 h 0 min'),
                                           (86399, '23 h 59 min'), (86400, '1 d 0 h'), (400 * 86400 + 7200, '400 d 2 h')])
def test_duration(seconds, text):
    assert health.duration(seconds) == text


def outcome(*pairs, guard=None):
    return {'failed': [{'id': one, 'code': code} for one, code in pairs[:1]],
            'refused': [{'id': one, 'code': code} for one, code in pairs[1:]], 'guard': guard}


@pytest.mark.parametrize('detail, code, before, keys', [
    (outcome(), errors.DONE, False, ()),
    (None, errors.LOCKED, False, ()), (None, errors.INTERRUPTED, False, ()),
    (None, errors.UNREACHABLE, False, ()),                                          # once is no news
    (None, errors.UNREACHABLE, True, (('', 'unreachable'),)),
    (None, errors.USAGE, False, (('', 'exit-2'),)), (None, errors.BUG, True, (('', 'exit-70'),)),
    (outcome(('b', 'x'), ('a', 'y')), errors.PARTIAL, False, (('a', 'y'), ('b', 'x'))),
    (outcome(('a', 'x'), ('a', 'x')), errors.PARTIAL, False, (('a', 'x'),)),        # two members unknown: one key
    (outcome(('a', 'x'), guard={'code': 'shrink'}), errors.REFUSED, False, (('', 'shrink'), ('a', 'x'))),
    (outcome(), errors.FAILED, False, (('', 'exit-1'),)),
])
def test_trouble(detail, code, before, keys):
    assert health.trouble(detail, code, '', before) == keys


def test_the_code_of_the_error_that_ended_a_run_is_news():
    assert health.trouble(None, 4, 'shrink', False) == (('', 'shrink'),)
    assert health.trouble(None, 4, 'other-origin', False) == (('', 'other-origin'),)
    assert health.trouble(None, 6, 'unreachable', False) == ()


A, B = ('a', 'x'), ('b', 'y')
DAY = 24 * HOUR


@pytest.mark.parametrize('keys, told, mails', [
    ((), Mail((), 0), False), ((), Mail((A,), NOW), False),
    ((A,), health.NO_MAIL, True),                       # new, or back after it had cleared
    ((A,), Mail((A,), NOW), False), ((A,), Mail((A,), NOW - DAY + 1), False),
    ((A,), Mail((A,), NOW - DAY), True),                # a day later once more
    ((A, B), Mail((A,), NOW), True), ((A,), Mail((A, B), NOW), True), ((B,), Mail((A,), NOW), True),
    ((A,), Mail((A,), NOW + HOUR), True),               # told in the future: the clock was wrong
])
def test_should_mail(keys, told, mails):
    assert health.should_mail(keys, told, NOW) is mails


@given(st.lists(st.integers(1, 3 * DAY), min_size=1, max_size=30))
def test_the_same_trouble_is_told_once_a_day(steps):
    now, told, sent = NOW, health.NO_MAIL, []
    for step in steps:
        now += step
        if health.should_mail((A,), told, now):
            told = Mail((A,), now)
            sent.append(now)
    assert all(after - before >= DAY for before, after in zip(sent, sent[1:]))
    assert now - sent[-1] < DAY
