"""The door: the command line of glance-sync."""

import argparse
import io
import os
import signal
import sys

from . import __version__, errors
from .run import Run
from .settings import default_path

OPTIONS = (
    ('accept-shrink', 'accept once that the catalog lost more than max(5, 20 %%) of its images'),
    ('accept-generation', 'accept once an older generation, or the manifest of another cloud'),
    ('retry-refused', 'try burned IDs again now'),
    ('glance', 'also compare with the hashes that Glance itself has'),
)
VERBS = {       # verb: (what it does, whether it takes --dry-run, its own options)
    'dump': ('master: bring Glance into the spool and publish', True, ('accept-shrink',)),
    'sync': ('slave: pull and import, overlapped; what cron runs', True,
             ('accept-shrink', 'accept-generation', 'retry-refused')),
    'pull': ('slave: transport only; the spool ends verified', True, ('accept-shrink', 'accept-generation')),
    'import': ('slave: bring the spool into Glance', True, ('accept-shrink', 'retry-refused')),
    'drift': ('slave: print what sync would do now, change nothing', False,
              ('accept-shrink', 'accept-generation', 'retry-refused')),
    'verify': ('hash the spool again and compare it with its manifest', True, ('glance',)),
    'status': ('the last runs, what is in the spool, what was refused and why', False, ()),
}


def parser(program='glance-sync', config=None, verb=None):
    """Return the argparse parser of an executable; config: the default of --config; verb: the only one, of a cron entry."""
    codes = 'exit codes:\n' + '\n'.join('  {:<4} {}'.format(*pair) for pair in errors.EXIT_CODES)
    shared = dict(formatter_class=argparse.RawDescriptionHelpFormatter, epilog=codes)
    if verb is not None:
        top = argparse.ArgumentParser(prog=program, description=_sentence(verb) + ' Trouble that stays the same is told once a day.',
                                      **shared)
        top.set_defaults(verb=verb)
        _add_common(top, config, False)
        _add_own(top, verb)
        return top
    top = argparse.ArgumentParser(prog=program, description='Keeps the images of OpenStack clouds identical.', **shared)
    _add_common(top, config, False)
    top.add_argument('--version', action='version', version='glance-sync ' + __version__)
    verbs = top.add_subparsers(dest='verb', metavar='VERB')
    for name in sorted(VERBS):
        one = verbs.add_parser(name, help=VERBS[name][0], description=_sentence(name), **shared)
        _add_common(one, argparse.SUPPRESS, argparse.SUPPRESS)      # they may stand on either side of the verb
        _add_own(one, name)
    return top


def _sentence(verb):
    text = VERBS[verb][0]
    return text[:1].upper() + text[1:] + '.'


def _add_common(line, config, verbose):
    line.add_argument('--config', metavar='FILE', default=config, help='configuration (default: ../config/glance-sync.conf beside '
                      'the folder of this program)')
    line.add_argument('--verbose', action='store_true', default=verbose, help='log to the terminal too, in detail')


def _add_own(line, verb):
    _, changes, own = VERBS[verb]
    line.add_argument('--json', action='store_true', help='print the result as JSON (files/README.md describes it)')
    if changes:
        line.add_argument('--dry-run', action='store_true', help='say what would be done, change nothing')
    line.add_argument('--progress', dest='progress', action='store_true', default=None,
                      help='show progress (default: on a terminal, but not by the cron entries)')
    line.add_argument('--no-progress', dest='progress', action='store_false', help='show no progress')
    for option, text in OPTIONS:
        if option in own:
            line.add_argument('--' + option, action='store_true', help=text)


def main(script, arguments, verb=None):
    """Run the command line `arguments` of the executable at path `script` and return the exit code.

    verb: the one that a cron entry stands for; then trouble is told at most once a day while it stays the same.
    """
    os.umask(0o077)
    program = os.path.basename(script)
    line = parser(program, default_path(script), verb)
    options = line.parse_args(arguments)
    if options.verb is None:
        line.print_usage(sys.stderr)
        sys.stderr.write('glance-sync: name a verb: {}\n'.format(', '.join(sorted(VERBS))))
        return errors.USAGE
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)       # so that rsync ends with us and gives the lock back
    _escape_what_the_terminal_lacks()
    try:
        code = Run(options, program if verb else '{} {}'.format(program, options.verb), quiet=verb is not None).run()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)        # else the interpreter complains once more at its end
        return errors.FAILED


def _interrupt(number, frame):
    raise KeyboardInterrupt()


def _escape_what_the_terminal_lacks():
    """Let a name that the terminal's encoding lacks come out escaped, not as an error (LANG is not set under cron)."""
    for name in ('stdout', 'stderr'):
        stream = getattr(sys, name)
        if hasattr(stream, 'buffer'):
            encoding = stream.encoding
            setattr(sys, name, io.TextIOWrapper(stream.detach(), encoding, 'backslashreplace', line_buffering=True))
