"""Guard: the process that owns every server of one lab, and ends them all when the lab is gone.

Run as `python guard.py SOCKET_FD PARENT_PID FOLDER KEEP` by process.Guard; standard library only. It is a
child subreaper, so whatever its servers fork (uWSGI workers, ssh sessions, rsync) stays below it and can be
found. It reads one JSON request a line and answers with one JSON line. When the socket closes, or its parent
has another id than at the start (kill -9 of the tests), it kills everything below itself, removes FOLDER
unless KEEP is 1, and exits.
"""
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import sys
import time

SUBREAPER = 36      # PR_SET_CHILD_SUBREAPER of prctl(2)


class Children:
    """The processes started here: pid -> exit status, None while it runs."""

    def __init__(self):
        self.status = {}

    def start(self, argv, env, log):
        """Start argv in a session of its own, output appended to the file log; return the pid."""
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                   (os.POSIX_SPAWN_DUP2, 1, 2)]
        pid = os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True,
                             setsigdef=[signal.SIGINT, signal.SIGPIPE])
        self.status[pid] = None
        return pid

    def reap(self):
        """Take the status of every child that has ended, also of orphans that came to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.status:
                self.status[pid] = os.waitstatus_to_exitcode(status)

    def signal(self, pid, number, group):
        """Signal a child (or its whole process group) unless it has ended."""
        self.reap()
        if self.status.get(pid, 0) is None:
            (os.killpg if group else os.kill)(pid, number)

    def end(self, patience=10):
        """Kill whatever lives below this process and reap it."""
        limit = time.monotonic() + patience
        while True:
            below = descendants(os.getpid())
            if not below or time.monotonic() > limit:
                return
            for pid in below:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.reap()
            time.sleep(0.01)


def descendants(root):
    """Return the pids of all processes below root, from /proc."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name, 'rb') as stat:
                    parents[int(name)] = int(stat.read().rpartition(b')')[2].split()[1])
            except (OSError, IndexError):
                continue
    found, new = set(), {root}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def answer(children, request):
    """Carry out one request dict; return the dict to send back."""
    verb = request['verb']
    try:
        if verb == 'start':
            return {'pid': children.start(request['argv'], request['env'], request['log'])}
        if verb == 'signal':
            children.signal(request['pid'], request['signal'], request['group'])
        children.reap()
        return {'status': children.status.get(request['pid'])}
    except OSError as error:
        return {'error': str(error)}


def main(descriptor, parent, folder, keep):
    """Serve requests until the lab is gone; then leave nothing behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    children = Children()
    link = socket.socket(fileno=int(descriptor))
    lines = link.makefile('rwb', buffering=0)
    while os.getppid() == int(parent):
        children.reap()
        if not select.select([link], [], [], 0.5)[0]:
            continue
        line = lines.readline()
        if not line:
            break
        lines.write(json.dumps(answer(children, json.loads(line))).encode() + b'\n')
    children.end()
    if keep != '1':
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
