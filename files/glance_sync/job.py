"""The job: the edges that one verb works with, opened when they are first asked for."""

import threading
import time
from collections import namedtuple

from . import settings as settings_file
from .database import Database
from .errors import UsageError
from .glance import connect
from .pace import Throttle
from .selection import Limits
from .spool import Spool
from .transport import Transport

Rules = namedtuple('Rules', 'selection limits max_image_size')
Options = namedtuple('Options', 'dry_run accept_shrink accept_generation retry_refused glance')


class Job:
    """One run of one verb.

    settings: settings.Settings; options: Options; now: UTC seconds of its start; record: outcome.Record;
    log: a logger; progress: has start, step and end; show: takes lines for people; opened: edges that are open
    already, by the name of their property.
    """

    def __init__(self, settings, options, now, record, log, progress, show, opened=()):
        self.settings, self.options, self.now, self.record = settings, options, now, record
        self.log, self.progress, self.show = log, progress, show
        self.rules = Rules(settings.selection, Limits(settings.max_visibility, settings.property_deny), settings.max_image_size)
        self.spool = Spool(settings.data_dir, settings.mode)
        self._throttle = Throttle(settings.bandwidth_limit * 1024, time.monotonic, time.sleep, threading.Lock())
        self._opened = dict(opened)

    def _once(self, name, make):
        if name not in self._opened:
            self._opened[name] = make()
        return self._opened[name]

    @property
    def _credentials(self):
        return self._once('credentials', lambda: settings_file.read_novarc(self.settings))

    @property
    def cloud(self):
        """The unit's own cloud."""
        pace = self._throttle if self.settings.mode == 'master' else Throttle(0, time.monotonic, time.sleep, threading.Lock())
        return self._once('cloud', lambda: connect(self._credentials[0], self.settings.request_timeout, pace))

    @property
    def database(self):
        """The Database of the unit's own Glance, None when novarc names none."""
        return self._once('database', self._connect_database)

    def _connect_database(self):
        login = self._credentials[1]
        return None if login is None else Database(login, self.settings.request_timeout)

    @property
    def master(self):
        """The master's cloud by master_creds, None when they are not set."""
        return self._once('master', self._connect_master)

    def _connect_master(self):
        identity = settings_file.read_master_creds(self.settings)
        return None if identity is None else connect(identity, self.settings.request_timeout, self._throttle)

    @property
    def transport(self):
        """What pulls from sync_source. Raises UsageError when that is not set."""
        if not self.settings.sources:
            raise UsageError('{}: sync_source is not set'.format(self.settings.path), 'set it to [user@]host:/path of the master')
        return self._once('transport', lambda: Transport(self.settings, self.spool))
