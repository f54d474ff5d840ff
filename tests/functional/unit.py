"""The unit: a machine's worth of folders with a configuration, on which the real tools are run."""

import json
import os
import subprocess
import time
from collections import namedtuple
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / 'files'
Result = namedtuple('Result', 'code out err')


class Unit:
    """A master or slave unit below `folder`, in front of a lab Cloud.

    settings: keys of glance-sync.conf; None leaves a key out.
    """

    def __init__(self, folder, mode, cloud, **settings):
        self.folder, self.cloud = Path(folder), cloud
        self.config = self.folder / 'config' / 'glance-sync.conf'
        self.data, self.logs = self.folder / 'data', self.folder / 'logs'
        self.config.parent.mkdir(parents=True)
        self.settings = {'mode': mode, 'data_dir': self.data, 'config_dir': self.config.parent, 'log_dir': self.logs}
        self.novarc = self.config.parent / 'novarc'
        cloud.novarc(self.novarc)
        self.set(**settings)

    def set(self, **settings):
        """Change keys of the configuration."""
        self.settings.update(settings)
        lines = ['{} = {}\n'.format(key, value) for key, value in sorted(self.settings.items()) if value is not None]
        self.config.write_text('[glance-sync]\n' + ''.join(lines), encoding='utf-8')

    def run(self, *arguments, tool='glance-sync', expect=None, **environment):
        """Run a tool as cron or an operator would; expect: the exit code that it must have."""
        argv = [str(FILES / tool), '--config', str(self.config)] + list(arguments)
        env = dict(os.environ, **environment)
        done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=300)
        if expect is not None:
            assert done.returncode == expect, (arguments, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return Result(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments, expect=0):
        """Run a verb with --json and return what it printed."""
        return json.loads(self.run(arguments[0], '--json', *arguments[1:], expect=expect).out)

    def start(self, *arguments, tool='glance-sync'):
        """Start a tool and return its Popen: for kills."""
        argv = [str(FILES / tool), '--config', str(self.config)] + list(arguments)
        return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    @property
    def manifest(self):
        """The manifest of the spool."""
        return json.loads((self.data / 'manifest.json').read_text(encoding='utf-8'))

    def record(self, image_id):
        """The record of one image in the manifest."""
        return {record['id']: record for record in self.manifest['images']}[image_id]

    @property
    def status(self):
        """status.json."""
        return json.loads((self.logs / 'status.json').read_text(encoding='utf-8'))

    def log(self, name='glance-sync.log'):
        """A log of the unit."""
        path = self.logs / name
        return path.read_text(encoding='utf-8') if path.exists() else ''

    def bits(self):
        """The IDs in the spool's images folder."""
        return sorted(os.listdir(str(self.data / 'images')))


def wait_for(condition, seconds=30):
    """Wait until condition() is true; False when it never was."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False
