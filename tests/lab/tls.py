"""Tls: certificate authorities made for the lab, and stunnel in front of a cloud's services."""
import os
import shutil

import trustme

from .errors import LabError
from .ports import listening


class Authority:
    """A CA of the lab; pem: path of its certificate."""

    def __init__(self, folder, name):
        self.ca = trustme.CA(organization_name=name)
        self.folder, self.name = folder, name
        self.pem = folder / (name + '.pem')
        self.ca.cert_pem.write_to_path(str(self.pem))

    def issue(self, path, *names):
        """Write a key with its certificate for these names (one file, mode 0600)."""
        certificate = self.ca.issue_cert(*names)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'wb') as file:
            file.write(certificate.private_key_and_cert_chain_pem.bytes())
        return path


class Tunnel:
    """One stunnel; targets: {name: plain port}, each gets a TLS port of its own."""

    def __init__(self, lab, name, targets):
        self.ports = {target: lab.ports.free() for target in targets}
        folder = lab.folder / ('tls-' + name)
        folder.mkdir(mode=0o700)
        pem = lab.ca.issue(folder / 'server.pem', '127.0.0.1', 'localhost')
        lines = ['foreground = yes', 'pid =', 'syslog = no', 'socket = l:TCP_NODELAY=1', 'socket = r:TCP_NODELAY=1']
        for target, plain in targets.items():
            lines += ['[%s]' % target, 'accept = 127.0.0.1:%d' % self.ports[target],
                      'connect = 127.0.0.1:%d' % plain, 'cert = %s' % pem, 'TIMEOUTclose = 0']
        config = folder / 'stunnel.conf'
        config.write_text('\n'.join(lines) + '\n', encoding='utf-8')
        program = shutil.which('stunnel4') or shutil.which('stunnel', path='/usr/bin:/usr/local/bin')
        if program is None:
            raise LabError('stunnel4 is missing: run tests/lab/install')
        self.process = lab.guard.start('stunnel of ' + name, [program, config], folder / 'stunnel.log')
        self.process.wait(lambda: all(map(listening, self.ports.values())))

    def url(self, target):
        """https://127.0.0.1:PORT of a target."""
        return 'https://127.0.0.1:%d' % self.ports[target]
