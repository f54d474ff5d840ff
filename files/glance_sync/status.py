"""The status: the file in log_dir that says what the last runs did, for people, Nagios and the charm."""

import json
import os

from . import health, outcome as outcomes
from .atomic import write
from .errors import Corrupt
from .text import shown

FORMAT = 1
NAME = 'status.json'


def empty(mode=''):
    """Return the status of a unit that never ran: {format, mode, runs, last_success, mail}."""
    return {'format': FORMAT, 'mode': mode, 'runs': {}, 'last_success': {}, 'mail': {'keys': [], 'at': 0}}


class StatusFile:
    """status.json in `log_dir`, 0644 because the nagios user reads it; it holds no secret."""

    def __init__(self, log_dir):
        self.path = os.path.join(log_dir, NAME)

    def read(self):
        """Return the status, the empty one when there is no file.

        Raises Corrupt when the file does not parse or comes from a newer version.
        """
        try:
            with open(self.path, encoding='utf-8') as source:
                data = json.load(source)
        except FileNotFoundError:
            return empty()
        except (ValueError, RecursionError) as error:
            raise Corrupt('{} does not parse ({})'.format(self.path, shown(error)), 'delete it; the next run writes a new one')
        if not isinstance(data, dict) or data.get('format') != FORMAT:
            raise Corrupt('{} has a format that this version does not read'.format(self.path),
                          'delete it, or upgrade glance-sync')
        if not _is_whole(data):
            raise Corrupt('{} is not what glance-sync writes'.format(self.path), 'delete it; the next run writes a new one')
        return data

    def write(self, status):
        """Put `status` in place atomically. Raises OSError when log_dir cannot take it."""
        write(self.path, (json.dumps(status, indent=1, sort_keys=True) + '\n').encode('utf-8'), 0o644)


def _is_whole(data):
    """Return whether the parts that are read later have the shape that `after_run` and `with_mail` give them."""
    try:
        for run in data['runs'].values():
            if not isinstance(run['exit_code'], int) or not isinstance(run['message'], str) or not _is_time(run['finished']):
                return False
            if not all(isinstance(run[part], list) for part in ('failed', 'refused')):
                return False
        told = mail(data)
        return _is_time(told.at) and all(len(key) == 2 for key in told.keys) and all(
            _is_time(success['finished']) for success in data['last_success'].values())
    except (AttributeError, KeyError, TypeError):
        return False


def _is_time(value):
    return isinstance(value, (int, float)) and 0 <= value < 2 ** 40


def after_run(status, mode, run, result):
    """Return `status` after one run.

    run: {verb, started, finished, exit_code, message, version}, times in UTC seconds; result: an Outcome, None when the run
    ended before there was one. The last success moves on a clean run only.
    """
    detail = outcomes.to_json(result) if result is not None else None
    entry = dict(run)
    entry['clean'] = bool(result is not None and outcomes.is_clean(result) and run['exit_code'] in (0, 3))
    entry['counts'] = detail['counts'] if detail else {}
    entry['facts'] = detail['facts'] if detail else {}
    for part in ('failed', 'refused', 'held'):
        entry[part] = detail[part] if detail else []
    changed = dict(status, mode=mode)
    changed['runs'] = dict(status['runs'])
    changed['runs'][run['verb']] = entry
    if entry['clean']:
        changed['last_success'] = dict(status['last_success'])
        changed['last_success'][run['verb']] = {
            'started': run['started'], 'finished': run['finished'], 'facts': entry['facts']}
    return changed


def mail(status):
    """Return what was last told by mail, a health.Mail."""
    found = status.get('mail') or {}
    return health.Mail(tuple(tuple(key) for key in found.get('keys', ())), found.get('at', 0))


def with_mail(status, told):
    """Return `status` with a health.Mail noted in it."""
    return dict(status, mail={'keys': [list(key) for key in told.keys], 'at': told.at})
