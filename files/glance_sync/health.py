"""Health: what the record of the runs means for whoever is on call. Positive evidence only: the age of the last success."""

from collections import namedtuple

from . import errors

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
LEVELS = ('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')
MAIL_AGAIN = 24 * 3600      # seconds after which the same trouble is mailed once more

Verdict = namedtuple('Verdict', 'level text')
MAIN_VERB = {'master': 'dump', 'slave': 'sync'}


def judge(status, mode, now, warning, critical):
    """Return the Verdict on a status (see status.py) of a unit in `mode`.

    warning, critical: ages of the last clean run in seconds; now: UTC seconds.
    """
    verb = MAIN_VERB[mode]
    success = status['last_success'].get(verb)
    last = status['runs'].get(verb)
    if success is None:
        return Verdict(CRITICAL, 'no {} ever succeeded{}'.format(verb, _because(last)))
    age = now - success['finished']
    if age < -300:
        return Verdict(UNKNOWN, 'the last success lies {} in the future: see the clock'.format(duration(-age)))
    text = 'last clean {} {} ago'.format(verb, duration(max(age, 0)))
    if age > critical:
        return Verdict(CRITICAL, text + _because(last))
    if age > warning or (last and last['exit_code'] not in (errors.DONE, errors.LOCKED)):
        return Verdict(WARNING, text + _because(last))
    return Verdict(OK, text)


def _because(last):
    if not last or last['exit_code'] in (errors.DONE, errors.LOCKED):
        return ''
    return '; last run: exit {}, {}'.format(last['exit_code'], last['message'] or 'see the log')


def duration(seconds):
    """Return seconds as the two largest units that people read: 3 d 4 h, 5 min."""
    seconds = int(seconds)
    for size, unit, lower, lower_unit in ((86400, 'd', 3600, 'h'), (3600, 'h', 60, 'min')):
        if seconds >= size:
            return '{} {} {} {}'.format(seconds // size, unit, seconds % size // lower, lower_unit)
    return '{} min'.format(seconds // 60) if seconds >= 60 else '{} s'.format(seconds)


Mail = namedtuple('Mail', 'keys at')
"""What was last told by mail. keys: sorted (image ID, code) pairs; at: UTC seconds."""

NO_MAIL = Mail((), 0)


def trouble(outcome_json, exit_code, code, previous_unreachable):
    """Return the sorted (image ID, code) pairs that a person must hear of, empty when there are none.

    outcome_json: outcome.to_json, None when the run ended before; code: of the error that ended it, or '';
    previous_unreachable: whether the run before could not reach the other side either: one such run alone is no news.
    """
    if exit_code in (errors.DONE, errors.LOCKED, errors.INTERRUPTED):
        return ()
    if exit_code == errors.UNREACHABLE:
        return (('', 'unreachable'),) if previous_unreachable else ()
    keys = {('', code)} if code else set()
    if outcome_json:
        keys = {(one['id'], one['code']) for part in ('failed', 'refused') for one in outcome_json[part]}
        if outcome_json['guard']:
            keys.add(('', outcome_json['guard']['code']))
    return tuple(sorted(keys)) or (('', 'exit-{}'.format(exit_code)),)


def should_mail(keys, last, now):
    """Return whether `keys` (see trouble) are worth a mail: they differ from the last one's, or a day has passed."""
    if not keys:
        return False
    return tuple(keys) != tuple(last.keys) or not 0 <= now - last.at < MAIL_AGAIN
