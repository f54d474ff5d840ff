"""The supply: the records that a slave wants, and their bits as they become ready.

Two kinds: Spooled has what is on disk already (import), Pulled brings it from the master (pull, sync).
"""

import os
import tempfile
from contextlib import suppress

from . import manifest, records, source as sources
from .carrier import Bits, Carrier
from .errors import Failure, GlanceSyncError, Gone, Guarded, NotThere, Unreachable, UsageError
from .manifest import LeftOut


class Spooled:
    """The supply of `import`: the spool's own manifest and files."""

    def __init__(self, job):
        self._spool = job.spool
        self.manifest = job.spool.read_manifest()
        if self.manifest is None:
            raise Failure('the spool {} has no manifest yet'.format(job.spool.folder), 'run "glance-sync pull" first')
        self.wanted = [record for record in self.manifest.records if job.rules.selection.matches(record)]

    def bits(self, wanted, streamed=()):
        """Yield Bits of the Records `wanted`, all from the spool."""
        for record in wanted:
            there = self._spool.has(record)
            yield Bits(record, None, None if there else NotThere(
                'the spool lacks the bits of image {}'.format(record.id), 'run "glance-sync pull"'))


class Pulled:
    """The supply of `pull` and `sync`: a master's manifest by rsync, its bits by rsync or from its Glance.

    job: job.Job; `take()` comes first.
    """

    def __init__(self, job):
        self._job, self._spool = job, job.spool
        self._carrier = self._master = None
        self.source = self.manifest = None
        self.wanted = []

    # the manifest

    def take(self):
        """Read the manifest from the first source that serves one which may follow ours, and select from it.

        Raises Guarded (another origin, an older generation, a shrunken catalog), UsageError, ManifestError or Unreachable:
        of several sources the gravest.
        """
        errors = []
        for one in self._job.settings.sources:
            try:
                self.manifest = self._read(one)
                self.source = one
                break
            except GlanceSyncError as error:
                self._job.log.warning('%s', error)
                errors.append(error)
        else:
            raise _gravest(errors)
        self.wanted = [record for record in self.manifest.records if self._job.rules.selection.matches(record)]
        if not self._job.options.accept_shrink:
            manifest.check_losses(self._spool.marker(), self._named(), self._job.rules.selection.text)
        if not self._job.options.dry_run:
            self._forget_replaced()
            self._master = self._connect() if self.missing() else None

    def _forget_replaced(self):
        """Remove bits that our last manifest knows by another digest: on the master the ID was purged and made again."""
        last = self._spool.last_manifest(self._job.log)
        known = {record.id: record.sha512 for record in last.records} if last else {}
        for record in self.wanted:
            if known.get(record.id, record.sha512) != record.sha512 and self._spool.has(record):
                self._spool.remove(record.id)

    def _connect(self):
        """Return the master's cloud, None without master_creds or while its API is down; wrong ones end the run before it did anything."""
        try:
            return self._job.master
        except Unreachable as error:
            self._job.log.warning('%s; bits come by rsync', error)
            return None

    def _read(self, one):
        if self._job.options.dry_run:
            with tempfile.TemporaryDirectory(prefix='glance-sync-') as folder:
                value = self._fetch_manifest(one, folder)
        else:
            value = self._fetch_manifest(one, self._spool.partial)
        if not self._job.options.accept_generation:
            manifest.check_successor(self._taken(), (value.origin['id'], value.generation), sources.show(one))
        return value

    def _fetch_manifest(self, one, folder):
        path = os.path.join(folder, 'manifest.json')
        with suppress(FileNotFoundError):
            os.unlink(path)     # of a run that was killed
        for _ in self._job.transport.fetch(one, ['manifest.json'], folder, manifest.MAX_BYTES):
            continue
        try:
            with open(path, 'rb') as text:
                return manifest.load(text.read(manifest.MAX_BYTES + 1))
        except FileNotFoundError:
            raise NotThere('{} has no manifest.json'.format(sources.show(one)), 'run "glance-sync dump" on the master')
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _taken(self):
        marker = self._spool.marker()
        return (marker['origin'], marker['generation']) if 'generation' in marker else None

    def _named(self):
        return {record.id for record in self.wanted} | {one.id for one in self.manifest.left_out}

    def missing(self):
        """Return the wanted Records whose bits must come over: not in the spool, not too big."""
        limit = self._job.settings.max_image_size
        return [record for record in self.wanted if not self._spool.has(record) and not records.too_big(record, limit)]

    def bits(self, wanted, streamed=()):
        """Yield Bits of the Records `wanted` as they become ready: see Carrier.bring. Those that are too big never do.

        When the master lacks a file that its manifest names, the manifest is read again once: an image that is gone from it
        comes with the error Gone, the others are asked for once more.
        """
        missing = {record.id for record in self.missing()}
        for record in wanted:
            if self._spool.has(record):
                yield Bits(record, None, None)
        self._carrier = self._carrier or Carrier(self._job, self.source, self._master)
        lost = []
        for found in self._carrier.bring([record for record in wanted if record.id in missing], streamed, self._there()):
            if isinstance(found.error, NotThere):
                lost.append(found.record)
            else:
                yield found
        if lost:
            for found in self._again(lost):
                yield found

    def _there(self):
        return [record for record in self.wanted if self._spool.has(record)]

    def _again(self, lost):
        """Yield Bits of Records whose files the master lacked, by what its manifest says now."""
        try:
            named = {(record.id, record.sha512) for record in self._read(self.source).records}
        except GlanceSyncError as error:
            for record in lost:
                yield Bits(record, None, error)
            return
        for record in lost:
            if (record.id, record.sha512) not in named:
                self.wanted.remove(record)
                yield Bits(record, None, Gone('image {} left the master during this run'.format(record.id), 'the next run follows'))
        for found in self._carrier.bring([record for record in lost if record in self.wanted], (), self._there()):
            yield found

    # the end

    def finish(self, keep, imported=()):
        """Publish what is complete, note what was taken, and remove what is no longer named.

        keep: False removes the bits of images that the slave's Glance has (`imported`, their IDs), and leaves no manifest.
        """
        spool = self._spool
        there = tuple(record for record in self.wanted if spool.has(record) and (keep or record.id not in imported))
        names = {record.id for record in there}
        if keep:
            left_out = {one.id: one for one in self.manifest.left_out}
            left_out.update((record.id, LeftOut(record.id, 'not fetched')) for record in self.wanted if record.id not in names)
            value = self.manifest._replace(records=there, left_out=tuple(left_out[key] for key in sorted(left_out)))
            if value != spool.last_manifest(self._job.log):
                spool.publish(value)
        else:
            spool.withdraw()
        self._note_taken()
        for image_id in spool.ids():
            if image_id not in names:
                spool.remove(image_id)
        spool.sweep({record.id for record in self.wanted})

    def _note_taken(self):
        before = self._spool.marker()
        marker = dict(before, origin=self.manifest.origin['id'], generation=self.manifest.generation,
                      select=self._job.rules.selection.text, ids=sorted(self._named()))
        if marker != before:
            self._spool.write_marker(marker)


def _gravest(errors):
    """Return the error that a person should see when every source failed."""
    if not errors:
        return UsageError('sync_source is not set', 'set it to [user@]host:/path of the master')
    late = [error for error in errors if error.code == 'older-generation']
    silent = [error for error in errors if isinstance(error, Unreachable)]
    if silent and len(late) + len(silent) == len(errors):
        return silent[0]        # the source that does not answer may be the one that is not behind
    order = (Guarded, UsageError, Failure, Unreachable)
    ranked = sorted(errors, key=lambda error: [isinstance(error, kind) for kind in order].index(True))
    return ranked[0]
