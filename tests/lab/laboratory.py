"""Lab: real clouds, MariaDB, sshd, TLS and proxies below one folder, gone when it ends."""
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .cloud import Cloud
from .errors import LabError
from .mariadb import MariaDB
from .ports import Ports
from .process import Guard
from .proxy import Proxy
from .sshd import Sshd, keypair
from .tls import Authority, Tunnel


class Lab:
    """A context manager. folder: made here, holds everything; removed at the end unless keep is true.

    ca signs the certificates of clouds with TLS (ca.pem: its file), other_ca signs nothing.
    Whatever ends the tests, kill -9 included, ends the servers as well (see guard.py)."""

    def __init__(self, folder, keep=False):
        self.folder = Path(folder).absolute()
        try:
            self.folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            if any(self.folder.iterdir()):
                raise LabError('%s is not empty' % self.folder) from None
        self.guard, self.ports = Guard(self.folder, keep), Ports()
        self.ca, self.other_ca = Authority(self.folder, 'ca'), Authority(self.folder, 'other-ca')
        self._lock, self._mariadb = threading.Lock(), None
        self._proxies, self._sshds = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End every server and wait for that; remove the folder."""
        if self.guard:
            for proxy in self._proxies:
                proxy.close()
            guard, self.guard = self.guard, None
            guard.close()
            self.ports.close()

    def cloud(self, name, **settings):
        """Start a cloud: see Cloud for the settings."""
        return self.clouds(**{name: settings})[0]

    def clouds(self, **settings):
        """Start several clouds at once, {name: settings of Cloud}; return them in that order."""
        def start(name):
            cloud = Cloud(self, name, **settings[name])
            cloud.start()
            return cloud
        with ThreadPoolExecutor(len(settings)) as pool:
            return tuple(pool.map(start, settings))

    @property
    def mariadb(self):
        """The lab's MariaDB server, started when first asked for."""
        with self._lock:
            if self._mariadb is None:
                server = MariaDB(self.guard, self.ports.free(), self.folder / 'mariadb')
                server.start()
                self._mariadb = server
        return self._mariadb

    def tunnel(self, name, **targets):
        """TLS in front of plain ports: see Tunnel."""
        return Tunnel(self, name, targets)

    def sshd(self):
        """Start an SSH server for the user who runs the tests."""
        self._sshds += 1
        return Sshd(self, self.folder / ('sshd%d' % self._sshds))

    @staticmethod
    def keypair(path):
        """Make an SSH key pair; return (path, text of the public key)."""
        return keypair(path)

    def proxy(self, target_url, rules=None, edit=None):
        """Start a recording proxy in front of an HTTP service: see Proxy."""
        proxy = Proxy(target_url, rules, edit)
        self._proxies.append(proxy)
        return proxy
