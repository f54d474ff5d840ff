"""The pair: two fake clouds with real spools between them, on which the real verbs run in this process."""

import logging
import os

from fakes import FakeCloud, FakeDatabase
from fakes.transport import FakeTransport
from glance_sync import dump, importer, outcome, settings
from glance_sync.job import Job, Options
from glance_sync.progress import Silent
from glance_sync.spool import Spool
from glance_sync.supply import Pulled

CONFIG = '[glance-sync]\nmode = {mode}\ndata_dir = {data}\nlog_dir = {data}-logs\nsync_source = {source}\nworkers = 1\n{more}'
LOG = logging.getLogger('glance_sync.tests')


class Killed(BaseException):
    """A kill -9 at this point: nothing that the run would still do is done."""


class Pair:
    """A master and a slave. folder: for their spools; database: whether the slave has one; more: lines of its configuration."""

    def __init__(self, folder, database=False, more=''):
        self.master, self.slave = FakeCloud('master'), FakeCloud('slave')
        for cloud in (self.master, self.slave):
            for name in ('tenant-a', 'tenant-b'):
                cloud.add_project(name)
        self.transport, self.now = FakeTransport(), 1800000000
        self.digests = {}       # {image ID: sha512} of all that the master ever had
        self._database = FakeDatabase(self.slave) if database else None
        self._spools = {mode: os.path.join(folder, mode) for mode in ('master', 'slave')}
        self._settings = {}
        for mode, source in (('master', ''), ('slave', 'host:' + self._spools['master'])):
            path = os.path.join(folder, mode + '.conf')
            with open(path, 'w', encoding='utf-8') as out:
                out.write(CONFIG.format(mode=mode, data=self._spools[mode], source=source, more=more if mode == 'slave' else ''))
            self._settings[mode] = settings.load(path)

    def _run(self, mode, cloud, do, **options):
        """Run do(job) as one process would and return its Outcome."""
        self.now += 60
        chosen = dict(dict.fromkeys(Options._fields, False), **options)
        record = outcome.Record('test')
        job = Job(self._settings[mode], Options(**chosen), self.now, record, LOG, Silent(), lambda lines: list(lines), {
            'cloud': cloud, 'database': self._database if mode == 'slave' else None, 'master': None, 'transport': self.transport})
        if not options.get('dry_run'):
            job.spool.open()
        try:
            do(job)
        finally:
            job.spool.close()
        return record.outcome()

    def dump(self, **options):
        """glance-sync dump."""
        return self._run('master', self.master, lambda job: dump.run(job, job.record), **options)

    def sync(self, **options):
        """glance-sync sync."""
        def do(job):
            supply = Pulled(job)
            supply.take()
            here = importer.run(job, job.record, supply)
            if not job.options.dry_run:
                supply.finish(here)
        return self._run('slave', self.slave, do, **options)

    def drift(self):
        """The plan as --json gives it."""
        return self.sync(dry_run=True, accept_shrink=True, retry_refused=True).facts['plan']

    def check_spools(self):
        """Assert that every file under a final name is complete, and that manifests name only such files."""
        for mode, folder in self._spools.items():
            spool = Spool(folder, mode)
            for image_id in spool.ids():
                assert spool.hash(spool.path(image_id)).hex() == self.digests[image_id], 'a wrong file under a final name'
            value = spool.read_manifest()
            for record in value.records if value else ():
                assert spool.has(record), 'a manifest names what is not there'
