"""Lab: real clouds, MariaDB, sshd, TLS and proxies below one folder, gone when it ends."""
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
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

    Whatever ends the tests, kill -9 included, ends the servers as well (see guard.py)."""

    def __init__(self, folder, keep=False):
        self.folder = Path(folder).absolute()
        try:
            self.folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            if any(self.folder.iterdir()):
                raise LabError('%s is not empty' % self.folder) from None
        self.lock = threading.Lock()
        self.guard, self.ports = Guard(self.folder, keep), Ports()
        self.proxies, self.sshds = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End every server and wait for that; remove the folder."""
        if self.guard:
            for proxy in self.proxies:
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
        with self.lock:
            if 'mariadb' not in self.__dict__:
                server = MariaDB(self.guard, self.ports.free(), self.folder / 'mariadb')
                server.start()
                self.__dict__['mariadb'] = server
        return self.__dict__['mariadb']

    @cached_property
    def ca(self):
        """The CA that signs the lab's certificates; ca.pem is its file."""
        return Authority(self.folder, 'ca')

    @cached_property
    def other_ca(self):
        """A CA that signed nothing here."""
        return Authority(self.folder, 'other-ca')

    def tunnel(self, name, **targets):
        """TLS in front of plain ports: see Tunnel."""
        with self.lock:
            assert self.ca
        return Tunnel(self, name, targets)

    def sshd(self):
        """Start an SSH server for the user who runs the tests."""
        self.sshds += 1
        return Sshd(self, self.folder / ('sshd%d' % self.sshds))

    @staticmethod
    def keypair(path):
        """Make an SSH key pair; return (path, text of the public key)."""
        return keypair(path)

    def proxy(self, target_url, rules=None, edit=None):
        """Start a recording proxy in front of an HTTP service: see Proxy."""
        proxy = Proxy(target_url, rules, edit)
        self.proxies.append(proxy)
        return proxy
