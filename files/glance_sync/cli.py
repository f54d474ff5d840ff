"""The door: the command line of glance-sync."""

import argparse
import os
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


def parser(program='glance-sync', config=None):
    """Return the argparse parser of `glance-sync`; config: the default of --config."""
    codes = 'exit codes:\n' + '\n'.join('  {:<4} {}'.format(*pair) for pair in errors.EXIT_CODES)
    shared = dict(formatter_class=argparse.RawDescriptionHelpFormatter, epilog=codes)
    top = argparse.ArgumentParser(prog=program, description='Keeps the images of OpenStack clouds identical.', **shared)
    top.add_argument('--config', metavar='FILE', default=config, help='configuration (default: %(default)s)')
    top.add_argument('--verbose', action='store_true', help='log to the terminal too, in detail')
    top.add_argument('--version', action='version', version='glance-sync ' + __version__)
    verbs = top.add_subparsers(dest='verb', metavar='VERB')
    for name, (text, changes, own) in sorted(VERBS.items()):
        verb = verbs.add_parser(name, help=text, description=text[:1].upper() + text[1:] + '.', **shared)
        verb.add_argument('--json', action='store_true', help='print the result as JSON (files/README.md describes it)')
        if changes:
            verb.add_argument('--dry-run', action='store_true', help='say what would be done, change nothing')
        verb.add_argument('--progress', dest='progress', action='store_true', default=None,
                          help='show progress (default: on a terminal)')
        verb.add_argument('--no-progress', dest='progress', action='store_false', help='show no progress')
        for option, help_text in OPTIONS:
            if option in own:
                verb.add_argument('--' + option, action='store_true', help=help_text)
    return top


def main(script, arguments, verb=None):
    """Run the command line `arguments` of the executable at path `script` and return the exit code.

    verb: the one that a cron entry stands for; then trouble is told at most once a day while it stays the same.
    """
    os.umask(0o077)
    line = parser(os.path.basename(script), default_path(script))
    options = line.parse_args(arguments if verb is None else _with_verb(arguments, verb))
    if options.verb is None:
        line.print_usage(sys.stderr)
        sys.stderr.write('glance-sync: name a verb: {}\n'.format(', '.join(sorted(VERBS))))
        return errors.USAGE
    return Run(options, quiet=verb is not None).run()


def _with_verb(arguments, verb):
    """Return `arguments` with `verb` behind --config FILE and --verbose, where the parser wants it."""
    at = 0
    while at < len(arguments) and (arguments[at] == '--verbose' or arguments[at].split('=')[0] == '--config'):
        at += 2 if arguments[at] == '--config' else 1
    return arguments[:at] + [verb] + arguments[at:]
