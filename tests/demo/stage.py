"""Stage: two clouds, an sshd and a unit on either side, below one folder; gone when the demo ends."""

import os
import shlex
import shutil
import tempfile
from pathlib import Path

import terminal
from functional.unit import FILES, Unit
from lab import Lab

PREFIX = 'glance-sync-demo-'


class Failed(Exception):
    """The demo cannot go on, or something is not as it must be; the text says what."""


class Stage:
    """A context manager. screen: Screen, told what is run; keep: leave the folder when all is over."""

    def __init__(self, screen, keep):
        self.screen, self.keep = screen, keep
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self.lab = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if self.lab is not None:
                self.lab.close()
        finally:
            if not self.keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def start_clouds(self):
        """Start the lab's servers: self.master and self.slave (Clouds), self.sshd."""
        self.lab = Lab(self.folder, keep=self.keep)
        self.master, self.slave = self.lab.clouds(master={}, slave={})
        self.sshd = self.lab.sshd()

    def set_up_units(self):
        """Make both units as the charm does: the tools, a configuration, credentials, an ssh key and its forced command."""
        self.gsm = self._unit('gsm', 'master', self.master)
        config = self.folder / 'gss' / 'config'
        self.gss = self._unit('gss', 'slave', self.slave, ssh_identity=config / 'id_rsa',
                              ssh_known_hosts=config / 'known_hosts',
                              sync_source='ssh://{}@127.0.0.1:{}{}'.format(self.sshd.user, self.sshd.port, self.gsm.data))
        public = self.lab.keypair(config / 'id_rsa')[1]
        self.sshd.known_hosts(config / 'known_hosts')
        serve = shlex.quote(str(self.gsm.folder / 'scripts' / 'glance-sync-serve'))
        self.sshd.authorize('command="{} --config {}",restrict {}'.format(serve, shlex.quote(str(self.gsm.config)), public))

    def _unit(self, name, mode, cloud, **settings):
        unit = Unit(self.folder / name, mode, cloud, **settings)
        shutil.copytree(FILES, unit.folder / 'scripts', ignore=shutil.ignore_patterns('__pycache__'))
        return unit

    def run(self, unit, line, why, expect=0):
        """Run a command line on a unit, print it with what it says, and return that. Raises Failed on another exit code."""
        self.screen.command(unit.folder.name, line, why)
        words = shlex.split(line.replace('$DEMO', shlex.quote(str(self.folder))))
        program = unit.folder / 'scripts' / words[0]
        argv = [str(program) if program.exists() else words[0]] + words[1:]
        code, text = terminal.run(argv, self._environment())
        self.screen.output(text)
        if code != expect:
            raise Failed('{} ended with exit code {}, not {}'.format(words[0], code, expect))
        if code:
            self.screen.say('(exit code {})'.format(code), 'words')
        elif not text:
            self.screen.say('(nothing, exit code 0)', 'words')
        return text

    def _environment(self):
        """As little as cron gives: no proxies, no OS_*, no agent."""
        kept = {name: os.environ[name] for name in ('HOME', 'USER', 'LOGNAME', 'TMPDIR') if name in os.environ}
        return dict(kept, PATH='/usr/local/bin:/usr/bin:/bin', LANG='C.UTF-8')

    def save_logs(self):
        """Copy every log to a folder that stays, and return it; None when there is none or the whole folder stays."""
        logs = sorted(path for path in self.folder.rglob('*') if path.suffix == '.log' or path.name == 'status.json')
        if self.keep or not logs:
            return None
        target = Path(tempfile.mkdtemp(prefix=PREFIX + 'logs-'))
        for path in logs:
            shutil.copyfile(path, target / '-'.join(path.relative_to(self.folder).parts))
        return target
