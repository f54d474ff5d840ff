"""The supply: the records that a slave wants, and their bits as they become ready.

Two kinds: Spooled has what is on disk already (import), Pulled brings it from the master (pull, sync).
"""

import os
import tempfile
from collections import namedtuple

from . import manifest, records, source as sources
from .digests import Expected
from .errors import CutShort, DigestMismatch, Failure, Forbidden, GlanceSyncError, Guarded, NotThere, Unreachable, UsageError
from .manifest import LeftOut
from .outcome import Done
from .stream import Stream, drain

Bits = namedtuple('Bits', 'record stream error')
"""stream: a Stream still to be read, None when the bits are in the spool; error: a GlanceSyncError when they could not be had."""


class Spooled:
    """The supply of `import`: the spool's own manifest and files."""

    streams = False

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
        self._room = None
        self.streams = job.master is not None
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
            self._check_shrink()

    def _read(self, one):
        with tempfile.TemporaryDirectory(prefix='glance-sync-') as folder:
            for _ in self._job.transport.fetch(one, ['manifest.json'], folder, manifest.MAX_BYTES):
                continue
            try:
                with open(os.path.join(folder, 'manifest.json'), 'rb') as text:
                    value = manifest.load(text.read(manifest.MAX_BYTES + 1))
            except FileNotFoundError:
                raise NotThere('{} has no manifest.json'.format(sources.show(one)), 'run "glance-sync dump" on the master')
        if not self._job.options.accept_generation:
            manifest.check_successor(self._taken(), (value.origin['id'], value.generation), sources.show(one))
        return value

    def _taken(self):
        marker = self._spool.marker()
        return (marker['origin'], marker['generation']) if 'generation' in marker else None

    def _check_shrink(self):
        marker, select = self._spool.marker(), self._job.rules.selection.text
        before = marker.get('select', select)
        why = '' if before == select else 'select was "{}" and is now "{}"'.format(before, select)
        named = {record.id for record in self.wanted} | {one.id for one in self.manifest.left_out}
        manifest.check_shrink(set(marker.get('ids', ())), named, why)

    # the bits

    def missing(self, wanted):
        """Return those of the Records `wanted` whose bits must come over: not in the spool, not too big."""
        limit = self._job.settings.max_image_size
        return [record for record in wanted if not self._spool.has(record) and not records.too_big(record, limit)]

    def bits(self, wanted, streamed=()):
        """Yield Bits of the Records `wanted` as they become ready; those that are too big never do.

        streamed: IDs that the caller uploads at once, so that they may come as a Stream from the master's Glance. Images with
        the same bits come once: the others are hard links, ready as soon as the first one is in the spool.
        """
        self._room = self._room or self._spool.room()
        missing = {record.id for record in self.missing(wanted)}
        for record in wanted:
            if self._spool.has(record):
                yield Bits(record, None, None)
        groups = _groups([record for record in wanted if record.id in missing])
        first = {group[0].id: group for group in groups}
        by_rsync = []
        for group in groups:
            record = group[0]
            if self.streams and record.id in streamed:
                yield Bits(record, self.stream(record), None)
            elif not self.streams or not self._from_glance(record):
                by_rsync.append(record)
            else:
                for found in self._linked(group):
                    yield found
        for found in self._by_rsync(by_rsync):
            if found.error is not None:
                for record in first[found.record.id]:
                    yield found._replace(record=record)
                continue
            for linked in self._linked(first[found.record.id]):
                yield linked

    def stream(self, record):
        """Return the Stream of a Record's bits from the master's Glance."""
        return Stream(self._job.master.transfer, self._spool, record.id, Expected(record.size, {'sha512': record.sha512}),
                      self._job.settings.keep_data)

    def _linked(self, group):
        for record in group:
            if not self._spool.has(record):
                self._spool.link(group[0].id, record.id)
            yield Bits(record, None, None)

    def _from_glance(self, record):
        """Bring the bits from the master's Glance into the spool; False when they must come by rsync."""
        stream = self.stream(record)
        try:
            stream.open()
            drain(stream)
        except (Forbidden, NotThere, UsageError):
            return False
        except GlanceSyncError as error:
            self._job.log.warning('%s; taken by rsync', error)
            return False
        self._job.record.done.append(Done('fetch', record.id, record.name, stream.fetched, 'from the master\'s Glance'))
        return True

    def _by_rsync(self, wanted):
        """Yield Bits (never a Stream) of Records, all brought by rsync: each source in turn, and the first one twice."""
        left, errors = {}, {}
        for record in wanted:
            try:
                self._room.take(record.size - self._spool.partial_size(record.id), 'image ' + record.id)
                left[record.id] = record
            except Failure as error:
                yield Bits(record, None, error)
        others = [one for one in self._job.settings.sources if one != self.source]
        for one in [self.source] + others + [self.source]:
            for record in self._from_source(one, left, errors):
                yield Bits(record, None, None)
            if not left:
                return
        for image_id in sorted(left):
            error = errors.get(image_id) or NotThere('{} lacks the bits of image {}'.format(sources.show(self.source), image_id),
                                                     'run "glance-sync dump" on the master')
            yield Bits(left[image_id], None, error)

    def _from_source(self, one, left, errors):
        """Yield the Records of `left` that arrive from a Source whole and verified, and take them out of `left`."""
        empty = [record for record in left.values() if record.size == 0]
        for record in empty:
            open(self._spool.partial_path(record.id), 'wb').close()
        names = {'images/' + record.id: record for record in left.values() if record.size}
        order = sorted(names, key=lambda name: (names[name].size, name))
        try:
            for record in empty:
                if self._accept(record, 0, left, errors):
                    yield record
            largest = max([record.size for record in names.values()] or [0])
            for name, size in self._job.transport.fetch(one, order, self._spool.partial, largest):
                if self._accept(names[name], size, left, errors):
                    yield names[name]
        except GlanceSyncError as error:
            self._job.log.warning('%s', error)
            for image_id in left:
                errors[image_id] = error

    def _accept(self, record, size, left, errors):
        """Give an arrived file its final name if its digest is right, else discard it and note why."""
        expected = Expected(record.size, {'sha512': record.sha512})
        try:
            expected.check(self._spool.hash(self._spool.partial_path(record.id)), 'image ' + record.id)
        except (CutShort, DigestMismatch) as error:
            if isinstance(error, DigestMismatch):
                self._spool.discard_partial(record.id)
            errors[record.id] = error
            return False
        self._spool.promote(record.id)
        del left[record.id]
        self._job.record.done.append(Done('fetch', record.id, record.name, size, ''))
        self._job.progress.step(size)
        return True

    # the end

    def finish(self, imported):
        """Publish what is complete, note what was taken, and remove what is no longer named.

        imported: IDs whose bits the slave's Glance has now: with keep_data = no their files go.
        """
        spool, keep = self._spool, self._job.settings.keep_data
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
                      select=self._job.rules.selection.text, ids=sorted(
                          {record.id for record in self.wanted} | {one.id for one in self.manifest.left_out}))
        if marker != before:
            self._spool.write_marker(marker)


def _groups(wanted):
    """Return lists of Records with the same bits, small images first."""
    groups = {}
    for record in wanted:
        groups.setdefault((record.size, record.sha512), []).append(record)
    return [groups[key] for key in sorted(groups)]


def _gravest(errors):
    """Return the error that a person should see when every source failed."""
    if not errors:
        return UsageError('sync_source is not set', 'set it to [user@]host:/path of the master')
    order = (Guarded, UsageError, Failure, Unreachable)
    ranked = sorted(errors, key=lambda error: [isinstance(error, kind) for kind in order].index(True))
    return ranked[0]
