"""The sender: rsync on a master, behind a gate that holds it to what its command line says.

Reading the command line is not enough. A client also sends filter rules in the protocol, and rsync before 3.5.0 reads any file
that a rule names (`. /path`) and quotes it in its complaint (tried with 3.1.3 and 3.2.7; through `rrsync -ro` too). So the first
bytes of the client are read here: they must say that there are no rules. rrsync is not put in between: behind this gate it adds
nothing, and that of 3.5.0 ends a whole batch when one file is missing. What makes it sound, --confine-root, rsync gets itself.
"""

import os
import struct
import subprocess
import threading

from ..errors import Failure

PROTOCOLS = range(30, 41)       # from 30 (rsync 3.0.0) on, the filter list is the first thing in the first frame
DATA = 7                        # the tag of a data frame: MPLEX_BASE + MSG_DATA of rsync's rsync.h and io.c
PATIENCE = 60                   # seconds that a client may take for its first 12 bytes
BLOCK = 1 << 16


def serve(argv, folder, source=0):
    """Run the rsync sender `argv` (forced.argv) inside `folder` and return its exit code.

    source: the file descriptor on which the client speaks. Raises Failure when rsync is missing, or the client is silent,
    too old, or sends filter rules; then rsync has been ended before it read any of them.
    """
    if not os.path.isdir(folder):
        raise Failure('nothing is published yet, there is no {}'.format(folder), 'run "glance-sync dump" on the master')
    environment = {'PATH': '/usr/local/bin:/usr/bin:/bin', 'LC_ALL': 'C', 'HOME': '/nonexistent'}
    try:
        argv = argv[:3] + _confinement(folder, environment) + argv[3:]
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, cwd=folder, env=environment)
    except FileNotFoundError:
        raise Failure('rsync is not installed here', 'install the package rsync')
    silent = threading.Timer(PATIENCE, child.terminate)
    silent.daemon = True
    silent.start()
    try:
        _gate(source, child.stdin.fileno())
    except (Failure, OSError) as error:
        child.kill()
        child.wait()
        raise error if isinstance(error, Failure) else Failure('the client hung up before it said anything')
    finally:
        silent.cancel()
    pump = threading.Thread(target=_pump, args=(source, child.stdin))
    pump.daemon = True
    pump.start()
    return child.wait()


def _confinement(folder, environment):
    """Return the option that lets rsync 3.5.0 and newer refuse what resolves outside `folder`, where this rsync has it."""
    asked = subprocess.Popen(['rsync', '--help'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             env=environment)
    text, _ = asked.communicate()
    return ['--confine-root=' + folder] if b'--confine-root' in text else []


def _gate(source, target):
    """Pass on the client's version and its first frame, once both are what a client without filter rules sends."""
    version = _read(source, 4)
    if struct.unpack('<I', version)[0] not in PROTOCOLS:
        raise Failure('a client that is too old, or no rsync', 'use rsync 3.0 or newer')
    os.write(target, version)
    head = struct.unpack('<I', _read(source, 4))[0]
    if head >> 24 != DATA or head & 0xffffff < 4:
        raise Failure('the client does not begin as rsync does', 'this key may only read with rsync')
    rules = _read(source, 4)
    if rules != struct.pack('<i', 0):
        raise Failure('filter rules are not served', 'pull without --exclude, --include, --filter and -C')
    os.write(target, struct.pack('<I', head) + rules)


def _read(source, size):
    found = b''
    while len(found) < size:
        data = os.read(source, size - len(found))
        if not data:
            raise Failure('the client hung up before it said anything')
        found += data
    return found


def _pump(source, target):
    """Copy what the client says from now on, until one side closes."""
    try:
        while True:
            data = os.read(source, BLOCK)
            if not data:
                break
            target.write(data)
            target.flush()
    except OSError:
        return      # rsync has ended; its exit code tells the rest
    finally:
        _close(target)


def _close(target):
    try:
        target.close()
    except OSError:
        return      # what was still buffered has no reader any more
