"""The run: one verb from its options to its exit code, every error mapped once."""

import json
import sys
import time

from . import __version__, check, drift, dump, errors, health, importer, outcome, pull, report, runlog, settings, status
from .errors import GlanceSyncError, UsageError
from .job import Job, Options
from .progress import Line, Silent
from .supply import Pulled, Spooled

MODES = {'dump': 'master', 'sync': 'slave', 'pull': 'slave', 'import': 'slave', 'drift': 'slave'}
NOTED = ('dump', 'sync', 'pull', 'import', 'verify')        # verbs that go into status.json


def _dump(job):
    dump.run(job, job.record)


def _pull(job):
    supply = Pulled(job)
    supply.take()
    pull.run(job, job.record, supply)
    if not job.options.dry_run:
        supply.finish(keep=True)


def _import(job):
    importer.run(job, job.record, Spooled(job))


def _sync(job):
    supply = Pulled(job)
    supply.take()
    imported = importer.run(job, job.record, supply)
    if not job.options.dry_run:
        supply.finish(job.settings.keep_data, imported)


def _verify(job):
    check.verify(job, job.record, job.options.glance)


def _status(job):
    value = check.status(job)
    job.record.facts['status'] = value
    job.show(check.status_lines(value, time.time()))


DO = {'dump': _dump, 'pull': _pull, 'import': _import, 'sync': _sync, 'drift': _sync, 'verify': _verify, 'status': _status}


class Run:
    """One verb. options: what cli.parser parsed; name: how messages begin; quiet: under cron, where the same trouble is told
    once a day."""

    def __init__(self, options, name, quiet):
        self._options, self._name, self._quiet = options, name, quiet
        self._verb = options.verb
        self._dry = options.verb == 'drift' or self._has('dry_run')
        self._log = runlog.logger()
        self._settings = self._result = None
        self._logs = False          # whether log_dir can be written
        wanted = options.progress
        if wanted is None:
            wanted = sys.stderr.isatty() and not options.json and not quiet
        self._progress = Line(sys.stderr) if wanted else Silent()

    def _has(self, name):
        return getattr(self._options, name, False)

    def run(self):
        """Do it, tell it, note it, and return the exit code."""
        started = time.time()
        code, message, key = self._guarded()
        self._progress.end()
        if self._options.json:
            self._print_json(code, message, key)
        run = {'verb': self._verb, 'started': int(started), 'finished': int(time.time()), 'exit_code': code,
               'message': message, 'version': __version__}
        if self._logs and self._verb in NOTED and not self._dry:
            self._note(run, key)
        else:
            self._tell(code, message)
        return code

    def _guarded(self):
        """Return (exit code, one line, a short name of the trouble or ''); the only place that maps errors to codes."""
        try:
            self._settings = settings.load(self._options.config)
            if self._verb != 'status':      # which anybody may read
                runlog.start(self._settings.log_dir, self._options.verbose)
                self._logs = True
            code = self._do()
            return code, report.message(self._result), ''
        except GlanceSyncError as error:
            self._log.error('%s', error)
            return error.exit_code, str(error), error.code
        except KeyboardInterrupt:
            self._log.error('interrupted')
            return errors.INTERRUPTED, 'interrupted', 'interrupted'
        except OSError as error:
            self._log.exception('%s', error)
            return errors.FAILED, '{}: {}'.format(error.filename or 'input or output', error.strerror or error), 'os-error'
        except Exception as error:
            self._log.exception('bug in glance-sync %s on Python %s', __version__, sys.version.split()[0])
            return errors.BUG, 'bug in glance-sync {}, please report it with the log: {}: {}'.format(
                __version__, type(error).__name__, error), 'bug'

    def _do(self):
        wanted = MODES.get(self._verb, self._settings.mode)
        if wanted != self._settings.mode:
            raise UsageError('{} is for a {}, and {} says mode = {}'.format(
                self._verb, wanted, self._settings.path, self._settings.mode), 'run it on the other side')
        options = Options(self._dry, self._has('accept_shrink'), self._has('accept_generation'), self._has('retry_refused'),
                          self._has('glance'))
        record = outcome.Record(self._verb)
        job = Job(self._settings, options, time.time(), record, self._log, self._progress, self._show)
        if self._verb in NOTED and not self._dry:
            job.spool.open()
        try:
            DO[self._verb](job)
        finally:
            job.spool.close()
            self._result = record.outcome()
        code = outcome.exit_code(self._result)
        if self._verb == 'drift' and self._result.facts['plan']['actions']:
            code = code or errors.PARTIAL
        return code

    def _print_json(self, code, message, key):
        """Print the result as one object; a run that ended early has an `error`, and what it had done by then."""
        empty = outcome.Record(self._verb).outcome()
        value = dict(outcome.to_json(self._result or empty), exit_code=code)
        value.update(value['facts'].pop('status', {}))
        if 'plan' in value['facts']:
            value['plan'] = value['facts'].pop('plan')
        value['error'] = {'code': key, 'text': message} if key else None
        value['clean'] = value['clean'] and not key
        sys.stdout.write(json.dumps(value, indent=1, sort_keys=True) + '\n')

    def _show(self, lines):
        if not self._options.json:
            for line in lines:
                sys.stdout.write(line + '\n')

    def _note(self, run, key):
        """Tell what a person must hear, then write status.json; what was told is remembered."""
        target = status.StatusFile(self._settings.log_dir)
        try:
            before = target.read()
        except (GlanceSyncError, OSError) as error:
            self._log.error('%s', error)
            before = status.empty()
        told = self._tell_once(run, key, before)
        if run['exit_code'] == errors.LOCKED:
            return
        after = status.with_mail(status.after_run(before, self._settings.mode, run, self._result), told)
        try:
            target.write(after)
        except OSError as error:
            self._log.error('%s: %s', target.path, error)
            sys.stderr.write('glance-sync: {} cannot be written: {}\n'.format(target.path, error.strerror))

    def _tell_once(self, run, key, before):
        """Tell it, under cron only what is new or a day old, and return the Mail to remember."""
        told, code = status.mail(before), run['exit_code']
        if not self._quiet or sys.stderr.isatty():
            self._tell(code, run['message'])
            return told
        last = before['runs'].get(self._verb) or {}
        detail = outcome.to_json(self._result) if self._result is not None else None
        keys = health.trouble(detail, code, key, last.get('exit_code') == errors.UNREACHABLE)
        if health.should_mail(keys, told, run['finished']):
            self._tell(code, run['message'])
            return health.Mail(keys, run['finished'])
        return health.NO_MAIL if code == errors.DONE else told

    def _tell(self, code, message):
        """Say on stderr what went wrong, one line for each image; what went well only to a person at a terminal."""
        finished = code == errors.PARTIAL
        if code == errors.DONE or (self._verb == 'drift' and code == errors.PARTIAL):
            if self._verb != 'status' and sys.stdout.isatty() and not self._options.json:
                sys.stdout.write('{}: {}\n'.format(self._name, self._good_news()))
            return
        sys.stderr.write('{}: {}\n'.format(self._name, report.counts(self._result) if finished else message))
        if self._result is not None:
            for line in report.troubles(self._result):
                sys.stderr.write(line + '\n')

    def _good_news(self):
        facts = self._result.facts
        if 'plan' in facts:
            return drift.summary(facts['plan']['counts'])
        if 'would_fetch' in facts:
            return '{} to fetch, {}'.format(len(facts['would_fetch']), report.size(facts['bytes_to_fetch']))
        return report.counts(self._result)
