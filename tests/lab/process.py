"""Process: one server of the lab, and the guard that starts it and outlives the tests just long enough."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from .errors import LabError

KEPT = ('PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'USER', 'LOGNAME')


class Guard:
    """The guard process of one lab (see guard.py): start(argv, ...) -> Process; close() ends them all."""

    def __init__(self, folder, keep=False):
        self.lock = threading.Lock()
        here, there = socket.socketpair()
        script = Path(__file__).with_name('guard.py')
        with there:
            self.child = subprocess.Popen(
                [sys.executable, str(script), str(there.fileno()), str(os.getpid()), str(folder),
                 '1' if keep else '0'],
                pass_fds=[there.fileno()], start_new_session=True, stdin=subprocess.DEVNULL, cwd='/')
        self.link = here
        self.lines = here.makefile('rwb', buffering=0)

    def ask(self, **request):
        """Send one request to the guard; return its answer, or raise LabError."""
        with self.lock:
            try:
                self.lines.write(json.dumps(request).encode() + b'\n')
                reply = json.loads(self.lines.readline())
            except (OSError, ValueError) as error:
                raise LabError('the guard of this lab is gone: %s' % error) from error
        if 'error' in reply:
            raise LabError(reply['error'])
        return reply

    def start(self, name, argv, log, env=None):
        """Start argv (first word: a full path) with its output in the file log; return a Process."""
        settings = {key: os.environ[key] for key in KEPT if key in os.environ}
        settings.update({key: str(value) for key, value in (env or {}).items()})
        try:
            pid = self.ask(verb='start', argv=[str(word) for word in argv], env=settings, log=str(log))['pid']
        except LabError as error:
            raise LabError('cannot start %s: %s' % (name, error)) from error
        return Process(self, name, pid, Path(log))

    def close(self):
        """End every process of the lab and wait until they are gone (the guard then removes the folder)."""
        self.lines.close()
        self.link.close()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            raise LabError('the guard process %d does not end' % self.child.pid) from None


class Process:
    """A running server: its name, pid and log file."""

    def __init__(self, guard, name, pid, log):
        self.guard, self.name, self.pid, self.log = guard, name, pid, log

    @property
    def status(self):
        """Exit status, negative for a signal; None while it runs."""
        return self.guard.ask(verb='status', pid=self.pid)['status']

    @property
    def alive(self):
        """True while it runs."""
        return self.status is None

    def signal(self, number, group=True):
        """Send a signal to the process group, or to the process alone; nothing if it has ended."""
        self.guard.ask(verb='signal', pid=self.pid, signal=int(number), group=group)

    def stop(self, patience=10):
        """Ask it to end (SIGTERM), kill it when it does not; return the exit status."""
        self.signal(signal.SIGTERM, group=False)
        limit = time.monotonic() + patience
        while self.alive and time.monotonic() < limit:
            time.sleep(0.02)
        return self.kill() if self.alive else self.status

    def kill(self):
        """End its whole process group with SIGKILL; return the exit status."""
        self.signal(signal.SIGKILL)
        while self.alive:
            time.sleep(0.01)
        return self.status

    def wait(self, ready, patience=60):
        """Wait until ready() is true; LabError with the end of the log when it ends first or takes too long."""
        limit = time.monotonic() + patience
        while not ready():
            if not self.alive:
                raise LabError('%s ended with status %s\n%s' % (self.name, self.status, self.tail()))
            if time.monotonic() > limit:
                raise LabError('%s is not ready after %d s\n%s' % (self.name, patience, self.tail()))
            time.sleep(0.03)

    def tail(self, lines=25):
        """The last lines of its log and of its neighbours in the same folder, each below its name."""
        text = []
        for log in sorted(self.log.parent.glob('*.log')):
            text += ['--- end of %s' % log, *log.read_text(errors='replace').splitlines()[-lines:]]
        return '\n'.join(text)
