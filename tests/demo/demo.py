"""The demo: two throwaway clouds come up, and images travel from one to the other while you watch. `make demo` runs it.

Everything is below one temporary folder and ends with the demo, also on Ctrl-C. KEEP=1 leaves the folder (its servers end).
Exit code 0: everything that must be equal on both clouds is equal; 1: it is not, or something failed; 130: Ctrl-C.
"""

import getpass
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
try:
    from acts import ACTS
    from lab import LabError
except ImportError as missing:
    sys.exit('demo: {}: start it with "make demo", which installs what it needs'.format(missing))
from screen import Screen  # noqa: E402
from stage import Failed, Stage  # noqa: E402

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PICTURE = '''
  master cloud                                      slave cloud
  Glance -> glance-sync-master -> spool =ssh,rsync=> glance-sync-slave -> Glance
'''


KNOWN = (Failed, LabError, OSError, subprocess.SubprocessError)


class Stopped(BaseException):
    """A signal ended the demo; its argument is the signal's number."""


def stop(number, frame):
    """Signal handler: end at once and in order; further signals change nothing, what is left to do takes seconds."""
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    os.write(2, b'\ndemo: stopping, a few seconds\n')
    raise Stopped(number)


def play(stage):
    """Show every act. Raises Failed."""
    screen, began = stage.screen, time.monotonic()
    screen.say('\nglance-sync: the images of one OpenStack cloud, the master, arrive in another, the slave.')
    screen.say(PICTURE)
    screen.say('All of this runs on this machine as {}, in one folder that goes away at the end:'.format(getpass.getuser()))
    screen.say('DEMO={}'.format(stage.folder))
    screen.shorten[str(stage.folder)] = '$DEMO'
    for act in ACTS:
        act(stage)
    screen.say('The demo took {:.0f} s.'.format(time.monotonic() - began))


def guarded(stage):
    """Play and return the exit code; what goes wrong is told, with the place of the logs."""
    screen = stage.screen
    try:
        play(stage)
        return 0
    except BrokenPipeError:
        raise
    except Exception as error:
        screen.say('\ndemo failed: {}'.format(error if isinstance(error, KNOWN) else repr(error)), 'bad')
        logs = stage.save_logs()
        if logs:
            screen.say('logs: {} ("KEEP=1 make demo" keeps everything else too)'.format(logs))
        if not isinstance(error, KNOWN):
            raise
        return 1
    finally:
        screen.shorten.clear()


def main():
    """Run the demo and return its exit code."""
    for number in SIGNALS:
        signal.signal(number, stop)
    screen, keep = Screen(), os.environ.get('KEEP', '') not in ('', '0')
    try:
        with Stage(screen, keep) as stage:
            code = guarded(stage)
        if keep:
            screen.say('kept: {}'.format(stage.folder))
        return code
    except Stopped as stopped:
        os.write(2, b'demo: stopped, the servers have ended\n')
        return 128 + stopped.args[0]
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)    # else Python complains once more when it ends
        return 1


if __name__ == '__main__':
    sys.exit(main())
