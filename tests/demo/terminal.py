"""Terminal: runs a program as a person would see it at a terminal, and takes down what it says."""

import os
import pty
import select
import signal
import subprocess
import time

PATIENCE = 5        # seconds between asking a program to end and killing it


def run(argv, environment, limit=120):
    """Run argv to its end and return (exit code, text), standard output and error in one, progress bars wiped.

    It runs in a session of its own. Whatever ends this function early, `limit` seconds included
    (subprocess.TimeoutExpired), ends the program and all it started first.
    """
    ours, theirs = pty.openpty()
    try:
        with open(theirs, 'wb', buffering=0) as screen:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
                                     env=environment, start_new_session=True)
        try:
            text = _read(ours, child, time.monotonic() + limit)
            return child.wait(), _wiped(text.decode('utf-8', 'replace'))
        finally:
            _end(child)
    finally:
        os.close(ours)


def _read(ours, child, deadline):
    text = b''
    while True:
        if time.monotonic() > deadline:
            raise subprocess.TimeoutExpired(child.args, 0, text)
        gone = child.poll() is not None         # asked before the last look, so that no word is lost
        if select.select([ours], [], [], 0 if gone else 0.05)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:                     # EIO: nobody has the terminal open any more
                piece = b''
            if piece:
                text += piece
                continue
            gone = child.wait() is not None
        if gone:
            return text


def _end(child):
    """End the program's whole session, also what it left behind; nothing when all have gone."""
    _signal(child, signal.SIGTERM)
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    _signal(child, signal.SIGKILL)
    child.wait()


def _signal(child, number):
    try:
        os.killpg(child.pid, number)
    except OSError:     # it has ended
        pass


def _wiped(text):
    """Return what remains on the screen: of a line that was drawn over, only the last state."""
    lines = [line.rstrip('\r').rpartition('\r')[2].replace('\033[K', '') for line in text.split('\n')]
    return '\n'.join(lines).strip('\n')
