"""The stream: an image's bits on their way out of a Glance, into the spool and perhaps into another Glance."""

import os

from .digests import withheld
from .errors import CutShort, DigestMismatch, Failure, Unreachable


class Stream:
    """One image's bits from a Glance, kept in the spool's partial file on the way.

    transfer: of the Glance that has the bits; spool: Spool; image_id; expected: digests.Expected;
    keep: False leaves the spool alone (keep_data = no).
    """

    def __init__(self, transfer, spool, image_id, expected, keep=True):
        self._transfer, self._spool, self._id = transfer, spool, image_id
        self.expected, self._keep = expected, keep
        self._opened = None
        self.fetched = 0

    def open(self):
        """Ask for the bits, so that a refusal (Forbidden, NotThere) comes before anything is done with them."""
        offset = self._offset()
        if self.expected.size is None or offset < self.expected.size:
            self._opened = self._transfer.download(self._id, offset)

    def _offset(self):
        size = self._spool.partial_size(self._id) if self._keep else 0
        if self.expected.size is not None and size > self.expected.size:
            self._spool.discard_partial(self._id)
            return 0
        return size

    def chunks(self):
        """Yield all bytes: first those that an earlier run left in the spool, then the rest from Glance.

        A store that serves no ranges sends all again; what is here already is then passed over.
        """
        offset = self._offset()
        if offset:
            for data in self._spool.chunks(self._spool.partial_path(self._id)):
                yield data
        if self.expected.size is not None and offset == self.expected.size:
            if self._keep and offset == 0:
                self._append().close()
            return
        start, body = self._opened or self._transfer.download(self._id, offset)
        self._opened = None
        out = self._append() if self._keep else None
        try:
            for data in _without(body, offset - start):
                self.fetched += len(data)
                if out is not None:
                    self._write(out, data)
                yield data
        finally:
            if out is not None:
                out.close()
            body.close()

    def _write(self, out, data):
        try:
            out.write(data)
            out.flush()
        except OSError as error:
            raise Failure('image {} cannot be written to {}: {}'.format(self._id, self._spool.folder, error.strerror),
                          'make room in data_dir; the next run goes on from there')

    def _append(self):
        handle = os.open(self._spool.partial_path(self._id), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        return os.fdopen(handle, 'ab')

    def proved(self, hasher=None):
        """Yield all bytes, the end of them only when the digest is right; then the spool has them under their final name.

        Raises DigestMismatch; then the bytes are discarded, so that the next try starts from nothing.
        """
        try:
            for data in withheld(self.chunks(), self.expected, 'image ' + self._id, hasher):
                yield data
        except DigestMismatch:
            if self._keep:
                self._spool.discard_partial(self._id)
            raise
        if self._keep:
            self._spool.promote(self._id)


TRIES = 3


def drain(stream):
    """Bring a Stream's bits into the spool and return the Hasher that saw them.

    A cut is resumed and a wrong digest started over, up to three tries in all. Raises what the last one raised.
    """
    for attempt in range(1, TRIES + 1):
        hasher = stream.expected.hasher()
        try:
            for _ in stream.proved(hasher):
                continue
            return hasher
        except (CutShort, DigestMismatch, Unreachable):
            if attempt == TRIES:
                raise


def _without(chunks, skip):
    """Yield `chunks` less their first `skip` bytes."""
    for data in chunks:
        if skip >= len(data):
            skip -= len(data)
            continue
        yield data[skip:] if skip else data
        skip = 0
