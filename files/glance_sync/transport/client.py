"""The client: rsync over ssh, from a source into the spool."""

import os
import re
import signal
import subprocess
import tempfile

from .. import source as sources
from ..errors import Failure, Unreachable, UsageError
from ..text import shown

SSH_OPTIONS = (
    ('BatchMode', 'yes'),                   # never ask for a password or a passphrase
    ('StrictHostKeyChecking', 'yes'),       # an unknown or changed host key stops the run
    ('GlobalKnownHostsFile', '/dev/null'),  # only the keys that the operator took
    ('IdentitiesOnly', 'yes'),              # only our key
    ('PasswordAuthentication', 'no'),
    ('ForwardAgent', 'no'),
    ('ForwardX11', 'no'),
    ('ClearAllForwardings', 'yes'),
    ('ControlMaster', 'no'),                # a shared connection would outlive the run
    ('ControlPath', 'none'),
    ('PermitLocalCommand', 'no'),
    ('UpdateHostKeys', 'no'),               # known_hosts is written on purpose only
    ('ServerAliveInterval', '15'),
    ('ServerAliveCountMax', '4'),
)

TOLD = (        # (what ssh or rsync says, the error it means, what, remedy), the first that matches counts
    (re.compile('Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No matching host key'), UsageError,
     '{where}: its host key is not the one in {known_hosts}', 'compare the key with the master\'s, then renew known_hosts (ssh-keyscan)'),
    (re.compile('UNPROTECTED PRIVATE KEY'), UsageError, 'others may read the ssh key {key}', 'chmod 600 it'),
    (re.compile(r'Permission denied \([a-z]|Too many authentication failures'), UsageError,      # ssh's; rsync says (13)
     '{where} refuses the key {key}', 'put {key}.pub into authorized_keys of the master'),
    (re.compile(r'rsync: .*Permission denied \(13\)'), Failure,
     'the ssh user of {where} may not read its spool ({last})', 'run dump as that user on the master'),
    (re.compile('Could not resolve hostname'), Unreachable, '{where}: no such host ({last})', 'see sync_source and the name service'),
    (re.compile('Failed to exec ssh'), Failure, 'ssh cannot be started here ({last})', 'install the package openssh-client'),
)
UNREACHABLE = (5, 10, 12, 30, 35, 255)      # rsync(1) EXIT VALUES; 255 is ssh's own, and some rsyncs say 12 for it
PARTIAL = (23, 24)
BATCH = 100                                 # images asked for in one ssh connection


def ssh_command(settings, source):
    """Return the ssh command line as rsync's -e takes it: one text, split at white space by rsync itself."""
    words = ['ssh', '-F', '/dev/null', '-T', '-a', '-x', '-i', settings.ssh_identity]      # no ssh_config of anybody
    for name, value in SSH_OPTIONS + (('UserKnownHostsFile', settings.ssh_known_hosts),
                                      ('ConnectTimeout', str(min(settings.request_timeout, 30)))):
        words += ['-o', '{}={}'.format(name, value)]
    if source.port is not None:
        words += ['-p', str(source.port)]
    return ' '.join(_quoted(word) for word in words)


def _quoted(word):
    return "'{}'".format(word) if any(character.isspace() for character in word) else word


def rsync_command(settings, source, names, target, largest):
    """Return the argv that brings files `names` (relative to the source's path) into the folder `target`.

    largest: bytes; nothing bigger is taken, whatever the other side says.
    """
    remote = '{}@{}'.format(source.user, source.host) if source.user else source.host
    argv = [
        'rsync',
        '--no-protect-args',                # the forced command reads the names in the command line
        '--inplace',                        # a killed run leaves its bytes under the name that the next run resumes
        '--ignore-times',                   # never take a leftover of the right size for complete
        '--no-motd',
        '--timeout={}'.format(settings.request_timeout),
        '--max-size={}'.format(largest),
        '--out-format=%b %n',               # %b makes rsync print it after the transfer, not before
        '-e', ssh_command(settings, source),
    ]
    if settings.bandwidth_limit:
        argv.append('--bwlimit={}'.format(settings.bandwidth_limit))
    paths = ['{}/{}'.format(source.path.rstrip('/'), name) for name in names]
    return argv + [remote + ':' + paths[0]] + [':' + path for path in paths[1:]] + [target + '/']


class Transport:
    """Pulls files from the sources of Settings. spool: has `lock`, a file descriptor that children inherit, or None."""

    def __init__(self, settings, spool):
        self._settings, self._spool = settings, spool

    def fetch(self, source, names, target, largest):
        """Bring `names` into the folder `target`; yield (name, bytes over the wire) as each file is complete.

        Names that the other side lacks just do not come; the caller sees which are missing.
        Raises Unreachable, UsageError (host key, ssh key) or Failure.
        """
        for start in range(0, len(names), BATCH):
            for found in self._run(source, names[start:start + BATCH], target, largest):
                yield found

    def _run(self, source, names, target, largest):
        check_files(self._settings)
        argv = rsync_command(self._settings, source, names, target, largest)
        with tempfile.TemporaryFile() as complaints:
            try:
                child = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment(os.environ),
                    pass_fds=[] if self._spool.lock is None else [self._spool.lock], universal_newlines=True)
            except FileNotFoundError:
                raise Failure('rsync is not installed here', 'install the package rsync')
            ended = False
            try:
                for line in child.stdout:
                    size, _, name = line.rstrip('\n').partition(' ')
                    if size.isdigit() and name in _base_names(names):
                        yield _base_names(names)[name], int(size)
                ended = True
            finally:
                if not ended:
                    child.send_signal(signal.SIGTERM)
                child.stdout.close()
                code = child.wait()
            complaints.seek(0)
            judge(code, complaints.read(20000).decode('utf-8', 'replace'), source, self._settings)


def check_files(settings):
    """Raise UsageError when the key or the known hosts are not there: ssh itself would blame the master."""
    if not os.path.exists(settings.ssh_identity):
        raise UsageError('there is no ssh key {}'.format(settings.ssh_identity),
                         'make one (ssh-keygen -t rsa -N \'\') and put its .pub into authorized_keys of the master')
    if not os.path.exists(settings.ssh_known_hosts):
        raise UsageError('there is no {}'.format(settings.ssh_known_hosts),
                         'write the host key of the master into it (ssh-keyscan, then compare it with the master\'s)')


def _base_names(names):
    return {os.path.basename(name): name for name in names}


def environment(outside):
    """Return what rsync and ssh see of the environment `outside`: no agent, no askpass, no RSYNC_*, no ~/.popt; plain messages."""
    kept = {name: outside[name] for name in ('PATH', 'USER', 'LOGNAME', 'TMPDIR') if name in outside}
    return dict(kept, LC_ALL='C')


def judge(code, complaints, source, settings):
    """Raise what rsync's exit code and its stderr mean; return on success and on files that were not there.

    source: the Source, for the message.
    """
    where, last = sources.show(source), shown(_telling_line(complaints), 300)
    names = {'where': where, 'last': last or 'rsync exit {}'.format(code), 'key': settings.ssh_identity,
             'known_hosts': settings.ssh_known_hosts}
    for pattern, kind, what, remedy in TOLD:
        if pattern.search(complaints):
            raise kind(what.format(**names), remedy.format(**names))
    if code == 0:
        return
    if 'glance-sync-serve' in complaints:
        raise Failure('{where} refuses it ({last})'.format(**names), 'see serve.log in log_dir of the master')
    if code in PARTIAL:
        return
    if code in UNREACHABLE:
        raise Unreachable('{where} cannot be reached ({last})'.format(**names), 'see whether it is up; the next run tries again')
    raise Failure('rsync from {} ends with {}: {}'.format(where, code, last), 'see rsync(1), EXIT VALUES')


def _telling_line(complaints):
    """Return the line of rsync's or ssh's complaints that tells most: the first that is no banner."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    lines.sort(key=lambda line: 'glance-sync-serve' not in line)
    for line in lines:
        if 'glance-sync-serve' in line or line.startswith(('ssh:', 'rsync:', 'kex_exchange', 'Connection ')):
            return line
    return lines[0] if lines else ''
