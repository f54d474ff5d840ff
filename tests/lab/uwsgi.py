"""Uwsgi: a WSGI service under uWSGI on a loopback port, and its access log."""
import json
import re
import signal
import socket
import sys
import time
from collections import namedtuple
from pathlib import Path

from .errors import LabError

AGENT = 'glance-sync-lab'       # User-Agent of the lab's own calls, which are left out of counts
ACCESS = re.compile(rb'^ACCESS (\S+) (\S+) (\d+) (.*)$', re.MULTILINE)
OPTIONS = {
    'master': None,
    'lazy-apps': None,                     # each worker imports the service itself: no threads across a fork
    'die-on-term': None,
    'no-orphans': None,                    # workers die with the master
    'need-app': None,
    'enable-threads': None,
    'thunder-lock': None,
    'listen': 100,
    'buffer-size': 65535,               # request line and headers: room for long filters
    'add-header': 'Connection: close',  # else clients that reuse a connection get resets
    'chunked-input-limit': 1 << 24,     # the default of 1 MiB refuses the chunks of newer glanceclients
    'socket-timeout': 60,
    'log-format': 'ACCESS %(method) %(uri) %(status) %(uagent)',
}

Request = namedtuple('Request', 'method path status')


def program(name):
    """Path of a program in the virtual environment these tests run in."""
    path = Path(sys.prefix) / 'bin' / name
    if not path.exists():
        raise LabError('%s is missing: run tests/lab/install, then use its .venv/bin/python' % path)
    return path


class Uwsgi:
    """One WSGI service: start(), stop(), kill(), suspend(), resume(), and requests() from its access log.

    options: {section: {key: value}} of the service; the section uwsgi goes to uWSGI, as {'socket-timeout': 5}."""

    def __init__(self, lab, name, folder, module, environment, workers=1, threads=1, options=None):
        self.lab, self.name, self.module = lab, name, module
        self.folder, self.environment = Path(folder), environment
        self.workers, self.threads, self.options = workers, threads, options
        self.port, self.stats_port = lab.ports.free(), lab.ports.free()
        self.log = self.folder / 'uwsgi.log'
        self.process = None

    @property
    def address(self):
        """http://127.0.0.1:PORT of the service itself, behind no TLS and no proxy."""
        return 'http://127.0.0.1:%d' % self.port

    def launch(self):
        """Start without waiting; ready() says when it answers."""
        options = dict(OPTIONS, module=self.module, processes=self.workers, threads=self.threads)
        options['http-socket'] = '127.0.0.1:%d' % self.port
        options['stats'] = '127.0.0.1:%d' % self.stats_port
        options.update((self.options or {}).get('uwsgi', {}))
        argv = [program('uwsgi')] + ['--' + key if value is None else '--%s=%s' % (key, value)
                                     for key, value in options.items()]
        path = '%s:/usr/sbin:/usr/bin:/sbin:/bin' % (Path(sys.prefix) / 'bin')
        self.process = self.lab.guard.start(self.name, argv, self.log, dict(self.environment, PATH=path))

    def ready(self):
        """True when every worker has loaded the service."""
        try:
            workers = self.stats()['workers']
        except (OSError, ValueError):       # not listening yet, or ending just now
            return False
        return len(workers) == self.workers and all(worker['apps'] for worker in workers)

    def start(self):
        """Start and wait until it answers."""
        if self.process is None or not self.process.alive:
            self.launch()
        self.wait()

    def wait(self):
        """Wait until it answers; LabError with the end of its log when it cannot start."""
        self.process.wait(self.ready)

    def stop(self):
        """End it in order."""
        self.resume()
        return self.process.stop()

    def kill(self):
        """kill -9 of the service with all its workers."""
        return self.process.kill()

    def suspend(self):
        """SIGSTOP: connections are taken, nothing answers."""
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        """Go on after suspend()."""
        self.process.signal(signal.SIGCONT)

    def stats(self):
        """What uWSGI says of itself: a dict."""
        with socket.create_connection(('127.0.0.1', self.stats_port), timeout=5) as link:
            return json.loads(link.makefile('rb').read())

    def worker_pids(self):
        """Pids of the workers, for tests that kill one (the master starts it again)."""
        return [worker['pid'] for worker in self.stats()['workers'] if worker['pid']]

    def settle(self, patience=2):
        """Wait until no request is under way, so that each finished one is in the log."""
        limit = time.monotonic() + patience
        while self.process and self.process.alive and time.monotonic() < limit:
            cores = [core for worker in self.stats()['workers'] for core in worker['cores']]
            if not any(core['in_request'] for core in cores):
                return
            time.sleep(0.01)

    def mark(self):
        """A position in the access log; give it to requests() later."""
        self.settle()
        return self.log.stat().st_size

    def requests(self, since=0, own=False):
        """The requests answered since a mark, in order: [Request(method, path with query, status)].

        Calls made by the lab itself (its User-Agent) are left out unless own is true."""
        self.settle()
        text = self.log.read_bytes()[since:]
        return [Request(method.decode(), path.decode('latin-1'), int(status))
                for method, path, status, agent in ACCESS.findall(text)
                if own or not agent.startswith(AGENT.encode())]
