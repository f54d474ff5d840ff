"""Atomic files: the old content or the new one, whatever happens; in processes of their own, with failures that are real."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from glance_sync import atomic

FILES = os.path.dirname(os.path.dirname(atomic.__file__))
LIMITED = '''
import resource, signal, sys
sys.path.insert(0, {files!r})
from glance_sync import atomic
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
try:
    atomic.write({path!r}, b'n' * 200000, 0o600)
except OSError as error:
    sys.exit(error.errno)
'''
ENDLESS = '''
import sys
sys.path.insert(0, {files!r})
from glance_sync import atomic
while True:
    for letter in (b'a', b'b'):
        atomic.write({path!r}, letter * 300000, 0o600)
'''


def test_new_and_replaced(tmp_path):
    path = str(tmp_path / 'f')
    for data, mode in ((b'one', 0o600), (b'', 0o644), (b'three' * 10 ** 5, 0o600)):
        atomic.write(path, data, mode)
        with open(path, 'rb') as source:
            assert source.read() == data
        assert stat.S_IMODE(os.stat(path).st_mode) == mode
        assert os.listdir(str(tmp_path)) == ['f']


def test_the_umask_does_not_matter(tmp_path):
    before = os.umask(0o077)
    try:
        atomic.write(str(tmp_path / 'f'), b'x', 0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(str(tmp_path / 'f')).st_mode) == 0o644


def test_a_name_without_folder(tmp_path):
    before = os.getcwd()
    os.chdir(str(tmp_path))
    try:
        atomic.write('f', b'x', 0o600)
    finally:
        os.chdir(before)
    assert os.listdir(str(tmp_path)) == ['f']


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / 'other').write_bytes(b'mine')
    (tmp_path / 'f').symlink_to(tmp_path / 'other')
    atomic.write(str(tmp_path / 'f'), b'x', 0o600)
    assert (tmp_path / 'other').read_bytes() == b'mine' and not (tmp_path / 'f').is_symlink()


def test_no_room_in_the_middle(tmp_path):
    path = tmp_path / 'f'
    path.write_bytes(b'old')
    done = subprocess.run([sys.executable, '-c', LIMITED.format(files=FILES, path=str(path))], check=False)
    assert done.returncode == 27                            # EFBIG, a real one
    assert path.read_bytes() == b'old' and os.listdir(str(tmp_path)) == ['f']


@pytest.mark.parametrize('target', ['folder', 'nowhere/f'])
def test_what_cannot_be_replaced(tmp_path, target):
    (tmp_path / 'folder').mkdir()
    with pytest.raises(OSError):
        atomic.write(str(tmp_path / target), b'x', 0o600)
    assert os.listdir(str(tmp_path)) == ['folder']


@pytest.mark.parametrize('pause', [0.02, 0.05, 0.11])
def test_killed_at_any_moment(tmp_path, pause):
    path = tmp_path / 'f'
    child = subprocess.Popen([sys.executable, '-c', ENDLESS.format(files=FILES, path=str(path))])
    try:
        deadline = time.monotonic() + 20
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(pause)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert path.read_bytes() in (b'a' * 300000, b'b' * 300000)
