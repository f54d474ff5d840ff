"""The carrier: brings the bits of records into a slave's spool, from the master's Glance or by rsync from its spool."""

from collections import namedtuple

from . import source as sources
from .digests import Expected
from .errors import CutShort, DigestMismatch, Failure, Forbidden, GlanceSyncError, NotThere, UsageError
from .outcome import Done
from .stream import Stream, drain

Bits = namedtuple('Bits', 'record stream error')
"""The bits of a Record. stream: a Stream still to be read, None when they are in the spool; error: why they cannot be had."""


class Carrier:
    """Brings bits to the spool of `job` (job.Job).

    source: the Source whose manifest was taken, the others stand in for it; master: the cloud that master_creds open, or None.
    """

    def __init__(self, job, source, master):
        self._job, self._spool, self._source, self._master = job, job.spool, source, master
        self._room = job.spool.room()

    def bring(self, missing, streamed, there):
        """Yield Bits of the Records `missing`, which the spool lacks, as they become ready.

        streamed: IDs that the caller uploads at once, so that with master_creds they come as a Stream; there: Records whose
        bits the spool has. Images with the same bits come once; the others are hard links, ready when the first one is
        (after a Stream: in the next call).
        """
        known = {(record.size, record.sha512): record for record in there}
        by_rsync = {}
        for group in _groups(missing, self._job.settings.keep_data):
            first = group[0]
            if (first.size, first.sha512) in known:
                ready = self._linked(known[first.size, first.sha512], group)
            elif self._master is not None and first.id in streamed:
                ready = [Bits(first, self._stream(first, self._job.settings.keep_data), None)]
            elif self._master is not None and self._from_glance(first):
                ready = self._linked(first, group)
            else:
                by_rsync[first.id] = group
                continue
            for found in ready:
                yield found
        for found in self._by_rsync([group[0] for group in by_rsync.values()]):
            group = by_rsync[found.record.id]
            for ready in self._linked(found.record, group) if found.error is None else [found._replace(record=one) for one in group]:
                yield ready

    def _linked(self, known, group):
        """Yield the Bits of Records that are equal to `known`, whose bits are here, each under its own name."""
        for record in group:
            if not self._spool.has(record):
                self._spool.link(known.id, record.id)
            yield Bits(record, None, None)

    # from the master's Glance

    def _stream(self, record, keep):
        return Stream(self._master.transfer, self._spool, record.id, Expected(record.size, {'sha512': record.sha512}), keep)

    def _from_glance(self, record):
        """Bring the bits from the master's Glance into the spool; False when they must come by rsync."""
        stream = self._stream(record, keep=True)
        try:
            stream.open()
            drain(stream)
        except GlanceSyncError as error:
            if not isinstance(error, (Forbidden, NotThere, UsageError)):
                self._job.log.warning('%s; taken by rsync', error)
            return False
        self._note(record, stream.fetched, 'from the master\'s Glance')
        return True

    def _note(self, record, size, detail):
        self._job.record.done.append(Done('fetch', record.id, record.name, size, detail))
        self._job.progress.step(size)

    # by rsync

    def _by_rsync(self, wanted):
        """Yield Bits (never a Stream) of Records: each source in turn, and the first one twice."""
        left, errors = {}, {}
        for record in wanted:
            try:
                self._room.take(record.size - self._spool.partial_size(record.id), 'image ' + record.id)
                left[record.id] = record
            except Failure as error:
                yield Bits(record, None, error)
        others = [one for one in self._job.settings.sources if one != self._source]
        for one in [self._source] + others + [self._source]:
            for record in self._from_source(one, left, errors):
                yield Bits(record, None, None)
            if not left:
                return
        for image_id in sorted(left):
            lacking = NotThere('{} lacks the bits of image {}'.format(sources.show(self._source), image_id),
                               'run "glance-sync dump" on the master')
            yield Bits(left[image_id], None, errors.get(image_id) or lacking)

    def _from_source(self, one, left, errors):
        """Yield the Records of `left` that arrive from a Source whole and verified, and take them out of `left`."""
        for record in [record for record in left.values() if record.size == 0]:
            open(self._spool.partial_path(record.id), 'wb').close()
            if self._accept(record, 0, left, errors):
                yield record
        names = {'images/' + record.id: record for record in left.values()}
        order = sorted(names, key=lambda name: (names[name].size, name))
        if not order:
            return
        try:
            for name, size in self._job.transport.fetch(one, order, self._spool.partial, names[order[-1]].size):
                if self._accept(names[name], size, left, errors):
                    yield names[name]
        except GlanceSyncError as error:
            self._job.log.warning('%s', error)
            errors.update((image_id, error) for image_id in left)

    def _accept(self, record, size, left, errors):
        """Give an arrived file its final name if its digest is right, else note why not; returns whether it was."""
        expected = Expected(record.size, {'sha512': record.sha512})
        try:
            expected.check(self._spool.hash(self._spool.partial_path(record.id)), 'image ' + record.id)
        except (CutShort, DigestMismatch) as error:
            if isinstance(error, DigestMismatch):
                self._spool.discard_partial(record.id)
                error = DigestMismatch(error.what, 'run "glance-sync verify", then "glance-sync dump" on the master')
            errors[record.id] = error
            return False
        self._spool.promote(record.id)
        del left[record.id]
        self._note(record, size, '')
        return True


def _groups(wanted, together):
    """Return lists of Records with the same bits, small images first; not `together`: each stands alone."""
    groups = {}
    for record in wanted:
        groups.setdefault((record.size, record.sha512, '' if together else record.id), []).append(record)
    return [groups[key] for key in sorted(groups)]
