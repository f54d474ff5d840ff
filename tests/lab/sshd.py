"""Sshd: an OpenSSH server of the lab's own, for whoever runs the tests, on loopback."""
import getpass
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from .errors import LabError
from .ports import listening

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes {strict}
UsePAM {pam}
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers {user}
UseDNS no
PrintMotd no
PrintLastLog no
PermitUserEnvironment no
AcceptEnv none
MaxStartups 100
LogLevel VERBOSE
"""


def keypair(path, kind='ed25519', comment='lab'):
    """Make an SSH key pair without passphrase; return (path, text of the public key)."""
    program = shutil.which('ssh-keygen')
    if program is None:
        raise LabError('ssh-keygen is missing: run tests/lab/install')
    subprocess.run([program, '-q', '-t', kind, '-N', '', '-C', comment, '-f', str(path)], check=True)
    return Path(path), Path(str(path) + '.pub').read_text(encoding='utf-8').strip()


def safe(folder):
    """True when sshd's StrictModes accepts the folder: it and all above are root's or ours, writable by no one else."""
    for part in [folder, *folder.parents]:
        facts = part.stat()
        if facts.st_uid not in (0, os.getuid()) or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return False
    return True


def locked():
    """True when we are root with a locked password: sshd without PAM lets no such account in."""
    if os.getuid():
        return False
    fields = Path('/etc/shadow').read_text(encoding='utf-8', errors='replace').splitlines()
    return any(line.startswith('%s:!' % getpass.getuser()) for line in fields)


class Sshd:
    """The server: port, user, host_key (text of the public key), log; start(), stop(), authorize(), known_hosts()."""

    def __init__(self, lab, folder):
        program = shutil.which('sshd', path='/usr/sbin:/usr/local/sbin:' + os.environ.get('PATH', ''))
        if program is None:
            raise LabError('sshd is missing: run tests/lab/install')
        self.lab, self.folder, self.program = lab, folder, program
        self.port, self.user = lab.ports.free(), pwd.getpwuid(os.getuid()).pw_name
        folder.mkdir(mode=0o700)
        self.host_key = keypair(folder / 'host_key', comment='lab host')[1]
        self.keys, self.log = folder / 'authorized_keys', folder / 'sshd.log'
        self.keys.touch(0o600)
        self.config = folder / 'sshd_config'
        self.config.write_text(CONFIG.format(port=self.port, folder=folder, user=self.user,
                                             strict='yes' if safe(folder) else 'no',
                                             pam='yes' if locked() else 'no'), encoding='utf-8')
        if os.getuid() == 0:
            Path('/run/sshd').mkdir(mode=0o755, exist_ok=True)      # sshd's own demand, else nothing outside
        self.start()

    def start(self):
        """Start (again) and wait until it answers."""
        self.process = self.lab.guard.start('sshd', [self.program, '-D', '-f', self.config, '-E', self.log],
                                            self.folder / 'output.log')
        self.process.wait(lambda: listening(self.port))

    def stop(self):
        """End the listener; connections that are open stay."""
        self.process.stop()

    def authorize(self, line):
        """Add one line to authorized_keys, options and all."""
        with self.keys.open('a', encoding='utf-8') as file:
            file.write(line.rstrip('\n') + '\n')

    def known_hosts(self, path):
        """Write a known_hosts file that names this server; return path."""
        key = ' '.join(self.host_key.split()[:2])
        Path(path).write_text('[127.0.0.1]:%d,[localhost]:%d %s\n' % (self.port, self.port, key), encoding='utf-8')
        return path
