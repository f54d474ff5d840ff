"""The door: the command line in, an exit code out, every error mapped once."""

import argparse
import json
import logging
import os
import sys
import time
import traceback
from logging.handlers import RotatingFileHandler

from . import __version__, check, dump, errors, health, importer, outcome, pull, settings, status
from .errors import GlanceSyncError, UsageError
from .job import Job, Options
from .progress import Line, Silent
from .supply import Pulled, Spooled

LOG_BYTES, LOG_FILES = 5 << 20, 5


def default_config(script):
    """Return the configuration that an executable at path `script` reads when none is named: ../config beside script_dir."""
    return os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(script))), 'config', 'glance-sync.conf')


def _exit_codes():
    return 'exit codes:\n' + '\n'.join('  {:<4} {}'.format(*pair) for pair in errors.EXIT_CODES)


def parser(program='glance-sync', config=None):
    """Return the argparse parser of `glance-sync`; config: the default of --config."""
    shared = dict(formatter_class=argparse.RawDescriptionHelpFormatter, epilog=_exit_codes())
    top = argparse.ArgumentParser(prog=program, description='Keeps the images of OpenStack clouds identical.', **shared)
    top.add_argument('--config', metavar='FILE', default=config, help='configuration (default: %(default)s)')
    top.add_argument('--verbose', action='store_true', help='log to the terminal too, in detail')
    top.add_argument('--version', action='version', version='glance-sync ' + __version__)
    verbs = top.add_subparsers(dest='verb', metavar='VERB')
    for name, (text, changes, runs) in sorted(VERBS.items()):
        verb = verbs.add_parser(name, help=text, description=text[:1].upper() + text[1:] + '.', **shared)
        verb.add_argument('--json', action='store_true', help='print the result as JSON (files/README.md describes it)')
        if changes:
            verb.add_argument('--dry-run', action='store_true', help='say what would be done, change nothing')
        verb.add_argument('--progress', dest='progress', action='store_true', default=None, help='show progress (default: on a terminal)')
        verb.add_argument('--no-progress', dest='progress', action='store_false', help='show no progress')
        for option, text in OPTIONS:
            if option in runs:
                verb.add_argument('--' + option, action='store_true', help=text)
    return top


OPTIONS = (
    ('accept-shrink', 'accept once that the catalog lost more than max(5, 20 %%) of its images'),
    ('accept-generation', 'accept once an older generation, or the manifest of another cloud'),
    ('retry-refused', 'try burned IDs again now'),
    ('glance', 'also compare with the hashes that Glance itself has'),
)
VERBS = {       # verb: (what it does, whether it takes --dry-run, its own options)
    'dump': ('master: bring Glance into the spool and publish', True, ('accept-shrink',)),
    'sync': ('slave: pull and import, overlapped; what cron runs', True, ('accept-shrink', 'accept-generation', 'retry-refused')),
    'pull': ('slave: transport only; the spool ends verified', True, ('accept-shrink', 'accept-generation')),
    'import': ('slave: bring the spool into Glance', True, ('accept-shrink', 'retry-refused')),
    'drift': ('slave: print what sync would do now, change nothing', False, ('accept-shrink', 'accept-generation', 'retry-refused')),
    'verify': ('hash the spool again and compare it with its manifest', True, ('glance',)),
    'status': ('the last runs, what is in the spool, what was refused and why', False, ()),
}
MODES = {'dump': 'master', 'sync': 'slave', 'pull': 'slave', 'import': 'slave', 'drift': 'slave'}
RUNS = ('dump', 'sync', 'pull', 'import', 'verify')     # verbs that go into status.json


def main(script, arguments, verb=None):
    """Run the command line `arguments` of the executable at path `script` and return the exit code.

    verb: the one that a cron entry stands for; then trouble is told at most once a day while it stays the same.
    """
    os.umask(0o077)
    line = parser(os.path.basename(script), default_config(script))
    if verb is not None:
        arguments = _insert_verb(arguments, verb)
    options = line.parse_args(arguments)
    if options.verb is None:
        line.print_usage(sys.stderr)
        sys.stderr.write('glance-sync: name a verb: {}\n'.format(', '.join(sorted(VERBS))))
        return errors.USAGE
    return Run(options, quiet=verb is not None).run()


def _insert_verb(arguments, verb):
    """Return arguments with `verb` after --config FILE and --verbose, where the parser wants it."""
    at = 0
    while at < len(arguments) and arguments[at] in ('--config', '--verbose') or (at < len(arguments) and arguments[at].startswith('--config=')):
        at += 2 if arguments[at] == '--config' else 1
    return arguments[:at] + [verb] + arguments[at:]


class Run:
    """One verb from its parsed options to its exit code."""

    def __init__(self, options, quiet):
        self._options, self._quiet = options, quiet
        self._log = logging.getLogger('glance_sync')
        self._log.addHandler(logging.NullHandler())
        self._settings = None
        self._result = None
        self._progress = self._choose_progress()

    def _choose_progress(self):
        wanted = self._options.progress
        if wanted is None:
            wanted = sys.stderr.isatty() and not self._options.json and not self._quiet
        return Line(sys.stderr) if wanted else Silent()

    def run(self):
        """Do it and return the exit code."""
        started = time.time()
        code, message = self._guarded()
        self._progress.end()
        finished = time.time()
        if self._settings is not None and self._options.verb in RUNS and not self._get('dry_run'):
            self._note(code, message, int(started), int(finished))
        else:
            self._tell(code, message)
        return code

    def _get(self, name):
        return getattr(self._options, name, False)

    def _guarded(self):
        """Return (exit code, one line or '') of the verb; the only place that maps errors to codes."""
        try:
            self._settings = settings.load(self._options.config)
            self._start_log()
            code = self._verb()
            return code, self._summary(code)
        except GlanceSyncError as error:
            self._log.error('%s', error)
            return error.exit_code, str(error)
        except KeyboardInterrupt:
            self._log.error('interrupted')
            return errors.INTERRUPTED, 'interrupted'
        except OSError as error:
            self._log.exception('%s', error)
            return errors.FAILED, '{}: see {}'.format(error, self._log_path())
        except Exception as error:
            self._log.exception('bug in glance-sync %s on Python %s', __version__, sys.version.split()[0])
            if self._options.verbose:
                traceback.print_exc()
            return errors.BUG, 'bug, please report it: {}: {} (details in {})'.format(type(error).__name__, error, self._log_path())

    def _log_path(self):
        return os.path.join(self._settings.log_dir, 'glance-sync.log') if self._settings else 'the terminal'

    def _start_log(self):
        self._log.setLevel(logging.DEBUG if self._options.verbose else logging.INFO)
        self._log.propagate = False
        form = logging.Formatter('%(asctime)s %(process)d %(levelname)s %(message)s', '%Y-%m-%dT%H:%M:%SZ')
        form.converter = time.gmtime
        try:
            os.makedirs(self._settings.log_dir, mode=0o755, exist_ok=True)
            handlers = [RotatingFileHandler(self._log_path(), maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding='utf-8')]
        except OSError as error:
            raise UsageError('log_dir {}: {}'.format(self._settings.log_dir, error.strerror), 'see its owner and mode')
        if self._options.verbose:
            handlers.append(logging.StreamHandler(sys.stderr))
        for handler in handlers:
            handler.setFormatter(form)
            self._log.addHandler(handler)

    # the verb

    def _verb(self):
        verb = self._options.verb
        wanted = MODES.get(verb)
        if wanted and wanted != self._settings.mode:
            raise UsageError('{} is for a {}, and {} says mode = {}'.format(
                verb, wanted, self._settings.path, self._settings.mode), 'run it on the other side')
        record = outcome.Record(verb)
        options = Options(verb == 'drift' or self._get('dry_run'), self._get('accept_shrink'), self._get('accept_generation'),
                          self._get('retry_refused'), self._get('glance'))
        job = Job(self._settings, options, time.time(), record, self._log, self._progress, self._show)
        if not options.dry_run and verb in RUNS:
            job.spool.open()
        try:
            value = getattr(self, '_run_' + verb)(job, record)
        finally:
            job.spool.close()
        if value is not None:
            self._print_json(value)
            return errors.DONE
        self._result = record.outcome()
        return self._finish(record)

    def _finish(self, record):
        code = outcome.exit_code(self._result)
        if self._options.verb == 'drift' and code == errors.DONE and self._result.facts['plan']['actions']:
            code = errors.PARTIAL
        if self._options.json:
            value = dict(outcome.to_json(self._result), exit_code=code)
            self._print_json(value)
        return code

    def _run_dump(self, job, record):
        dump.run(job, record)

    def _run_pull(self, job, record):
        supply = Pulled(job)
        supply.take()
        pull.run(job, record, supply)
        if not job.options.dry_run:
            supply.finish(set())

    def _run_import(self, job, record):
        importer.run(job, record, Spooled(job))

    def _run_sync(self, job, record):
        supply = Pulled(job)
        supply.take()
        imported = importer.run(job, record, supply)
        if not job.options.dry_run:
            supply.finish(imported)

    def _run_drift(self, job, record):
        self._run_sync(job, record)

    def _run_verify(self, job, record):
        check.verify(job, record, job.options.glance)

    def _run_status(self, job, record):
        value = check.status(job, record)
        if self._options.json:
            return value
        self._show(check.status_lines(value, time.time()))
        self._result = record.outcome()
        return None

    # what people see

    def _show(self, lines):
        if not self._options.json:
            for line in lines:
                sys.stdout.write(line + '\n')

    def _print_json(self, value):
        sys.stdout.write(json.dumps(value, indent=1, sort_keys=True) + '\n')

    def _summary(self, code):
        if self._result is None or code == errors.DONE and not self._result.done:
            return ''
        if self._result.guard:
            return self._result.guard[1]
        troubles = list(self._result.failed) + list(self._result.refused)
        first = '; first: {} [{}] {}'.format(troubles[0].id, troubles[0].code, troubles[0].reason) if troubles else ''
        return '{} done, {} failed, {} refused{}'.format(len(self._result.done), len(self._result.failed), len(self._result.refused), first)

    def _note(self, code, message, started, finished):
        """Write status.json, after stderr was written, and remember what was told."""
        target = status.StatusFile(self._settings.log_dir)
        try:
            before = target.read()
        except GlanceSyncError as error:
            self._log.error('%s', error)
            before = status.empty()
        last = before['runs'].get(self._options.verb) or {}
        detail = outcome.to_json(self._result) if self._result is not None else None
        keys = health.trouble(detail, code, last.get('exit_code') == errors.UNREACHABLE)
        told = status.mail(before)
        if not self._quiet or sys.stderr.isatty():
            self._tell(code, message)
        elif health.should_mail(keys, told, finished):
            self._tell(code, message)
            told = health.Mail(keys, finished)
        elif not keys and code != errors.UNREACHABLE and code != errors.LOCKED:
            told = health.NO_MAIL
        if code == errors.LOCKED:
            return
        run = {'verb': self._options.verb, 'started': started, 'finished': finished, 'exit_code': code,
               'message': message, 'version': __version__}
        after = status.with_mail(status.after_run(before, self._settings.mode, run, self._result), told)
        try:
            target.write(after)
        except OSError as error:
            self._log.error('%s: %s', target.path, error)
            sys.stderr.write('glance-sync: {} cannot be written: {}\n'.format(target.path, error.strerror))

    def _tell(self, code, message):
        """Say on stderr what went wrong, one line each; what went well only to a person at a terminal."""
        if code == errors.DONE:
            if message and sys.stdout.isatty() and not self._options.json:
                sys.stdout.write('{}: {}\n'.format(self._options.verb, message))
            return
        if self._result is not None and code == errors.PARTIAL and self._options.verb == 'drift':
            return
        sys.stderr.write('glance-sync {}: {}\n'.format(self._options.verb, message))
        for kind, rows in (('failed', self._result.failed), ('refused', self._result.refused)) if self._result is not None else ():
            for row in rows:
                sys.stderr.write('  {} {} {}: [{}] {}: {}\n'.format(
                    kind, row.id, errors_shown(row.name), row.code, errors_shown(row.reason), errors_shown(row.remedy)))


def errors_shown(value):
    """Return foreign text made safe for the terminal."""
    from .text import shown
    return shown(value or '', 600)
