"""The demo as its user sees it: what it prints, how it ends, and that nothing of it stays."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import arrived
import pytest
import samples
from screen import Screen

DEMO = Path(__file__).with_name('demo.py')
NAMES = {'ubuntu-lts': 'ubuntu-2404'}
KINDS = ('ubuntu-lts', 'ubuntu-copy', 'debian', 'web-base', 'app-base', 'web-shared', 'ops-tools', 'ubuntu-old',
         'withdrawn', 'rescue', 'empty', 'alpine', 'lab-base')


class Play:
    """A demo under way, everything of it below `folder`."""

    def __init__(self, folder, **environment):
        self.folder = folder / 'tmp'
        self.folder.mkdir()
        self.printed = folder / 'printed'
        environment = dict(os.environ, TMPDIR=str(self.folder), **environment)
        with self.printed.open('wb') as out:
            self.child = subprocess.Popen([sys.executable, str(DEMO)], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, env=environment)

    @property
    def text(self):
        return self.printed.read_text(encoding='utf-8')

    def wait_for(self, text, seconds=60):
        """Wait until it has printed text."""
        limit = time.monotonic() + seconds
        while text not in self.text:
            assert self.child.poll() is None and time.monotonic() < limit, self.text[-3000:]
            time.sleep(0.05)

    def end(self, seconds):
        """Wait for its end and return the exit code."""
        return self.child.wait(seconds)

    def processes(self):
        """Command lines of whatever runs with this play's TMPDIR or with a file below it, {pid: text}."""
        found, word = {}, str(self.folder).encode()
        for entry in Path('/proc').iterdir():
            if entry.name.isdigit() and int(entry.name) != self.child.pid:
                try:
                    texts = (entry / 'cmdline').read_bytes(), (entry / 'environ').read_bytes()
                except OSError:
                    continue
                if any(word in text for text in texts):
                    found[int(entry.name)] = texts[0].decode(errors='replace')
        return found

    def left(self):
        """What is left of it: files and processes."""
        return sorted(os.listdir(self.folder)), self.processes()


@pytest.fixture
def play(tmp_path):
    """A demo that was started just now."""
    started = Play(tmp_path)
    yield started
    if started.child.poll() is None:
        started.child.kill()
        started.child.wait()


def ssh_folder():
    """Everything that shows whether ~/.ssh was touched."""
    folder = Path.home() / '.ssh'
    return [(str(path), path.stat().st_mtime_ns) for path in sorted([folder, *folder.rglob('*')]) if path.exists()]


def test_all_arrives_and_nothing_stays(play):
    before, began = ssh_folder(), time.monotonic()
    code = play.end(180)
    assert code == 0, play.text[-3000:]
    assert time.monotonic() - began < 180
    assert play.left() == ([], {})
    assert ssh_folder() == before
    lines = play.text.splitlines()
    assert [line for line in lines if len(line) > 100 and ' ' in line.strip() or '\033' in line] == []      # a path is never broken
    for kind in KINDS:
        row = [line.split() for line in lines if line.startswith(samples.image_id(kind))]
        assert row and row[-1][1] == NAMES.get(kind, kind) and row[-1][-1] == 'equal', kind
    for command in ('glance-sync-master', 'glance-sync-slave', 'glance-sync drift', 'glance-sync status', 'check_glance_sync'):
        assert re.search(r'^gs[ms] \$ {}$'.format(command), play.text, re.MULTILINE), command
    assert '[owner-unknown]' in play.text
    assert play.text.count(' calls, 0 writes, 0 downloads: ') == 2


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('when', ['== 1.', '== 2.', 'glance-sync drift'])
def test_a_signal_ends_it_in_order(play, number, when):
    play.wait_for(when)
    play.child.send_signal(number)
    assert play.end(30) == 128 + number
    assert play.left() == ([], {})


def test_a_failure_is_told_with_the_place_of_the_logs(play):
    play.wait_for('== 2.')
    for pid, command in play.processes().items():
        if 'sshd_config' in command:
            os.kill(pid, signal.SIGKILL)
    assert play.end(60) == 1
    assert 'demo failed: glance-sync ended with exit code 6, not 3' in play.text
    kept, processes = play.left()
    assert processes == {} and len(kept) == 1 and kept[0].startswith('glance-sync-demo-logs-')
    logs = play.folder / kept[0]
    assert 'logs: {}'.format(logs) in play.text.replace('\n', ' ')
    assert 'gss-logs-glance-sync.log' in os.listdir(logs)


def test_keep_keeps_the_folder(tmp_path):
    play = Play(tmp_path, KEEP='1')
    play.wait_for('== 2.')
    play.child.send_signal(signal.SIGINT)
    assert play.end(30) == 130
    kept, processes = play.left()
    assert processes == {} and len(kept) == 1
    assert (play.folder / kept[0] / 'gss' / 'config' / 'glance-sync.conf').exists()


IMAGE = {'name': 'a', 'visibility': 'public', 'owner': 'p@Default', 'status': 'active', 'size': 1, 'bits': 'ff', 'tags': ['t']}


@pytest.mark.parametrize('present, digest, differs', [
    ({'1': IMAGE}, 'equal', []),
    ({'1': dict(IMAGE, tags=[])}, 'equal', ['tags']),
    ({'1': dict(IMAGE, extra='x')}, 'equal', ['extra']),
    ({'1': dict(IMAGE, bits='00')}, 'OTHER', ['bits']),
    ({'1': dict({key: value for key, value in IMAGE.items() if key != 'bits'}, status='queued')}, 'MISSING', ['bits', 'status']),
])
def test_what_is_not_equal_is_a_problem(present, digest, differs):
    row, = arrived.rows({'1': IMAGE}, present)
    assert (row.digest, row.differs) == (digest, differs)
    assert len(arrived.problems([row])) == bool(differs)


def test_what_is_missing_or_strange_is_a_problem():
    row, = arrived.rows({'1': IMAGE, '2': dict(IMAGE, status='queued')}, {})
    assert (row.id, row.name, row.status, row.digest) == ('1', 'a', 'MISSING', 'MISSING') and arrived.problems([row])
    assert arrived.strangers({'1': IMAGE}, {'1': IMAGE, '3': IMAGE, '4': IMAGE}, '4') == [
        '3 a: on the slave only, and nobody sent it']


def test_colours_only_on_a_terminal_and_only_if_wanted():
    class Terminal(io.StringIO):
        def isatty(self):
            return True
    assert Screen(Terminal(), {}).paint('bad', 'x') == '\033[1;31mx\033[0m'
    assert Screen(Terminal(), {'NO_COLOR': '1'}).paint('bad', 'x') == 'x'
    assert Screen(io.StringIO(), {}).paint('bad', 'x') == 'x'
