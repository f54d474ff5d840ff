"""Digests: the hash that travels with every image, and the stream that proves it."""

import hashlib

from .errors import CutShort, DigestMismatch

SHA512_LENGTH = 128
WRONG = 'they are discarded and fetched again; if that does not help, see the disk and the image on the other side'


def new(algorithm):
    """Return a hashlib object for `algorithm` (a name that Glance's os_hash_algo uses), or None if unknown here."""
    try:
        found = hashlib.new(algorithm)
    except (ValueError, TypeError):
        return None
    return found if found.digest_size else None         # 0: shake_128 and the like, of any length


class Hasher:
    """Hashes one stream with sha512 and, where asked, with more algorithms at once.

    algorithms: names beside sha512; those unknown to this Python are left out.
    """

    def __init__(self, algorithms=()):
        self.size = 0
        self._hashes = {}
        for name in ('sha512',) + tuple(algorithms):
            found = new(name)
            if found is not None:
                self._hashes[name] = found

    def update(self, data):
        """Take the next bytes of the stream."""
        self.size += len(data)
        for one in self._hashes.values():
            one.update(data)

    def hex(self, algorithm='sha512'):
        """Return the digest so far in lower-case hex, or None when the algorithm is not among ours."""
        one = self._hashes.get(algorithm)
        return None if one is None else one.hexdigest()


class Expected:
    """What a stream must turn out to be.

    size: bytes, or None when nobody knows it; digests: {algorithm: hex}, all of which must hold.
    """

    def __init__(self, size, digests):
        self.size = size
        self.digests = {algorithm: value.lower() for algorithm, value in digests.items() if value}

    def hasher(self):
        """Return a Hasher with every algorithm that `check` needs."""
        return Hasher(sorted(self.digests))

    def check(self, hasher, what):
        """Raise CutShort or DigestMismatch, naming `what`, unless `hasher` saw exactly the expected stream."""
        if self.size is not None and hasher.size < self.size:
            raise CutShort('{}: {} of {} bytes came'.format(what, hasher.size, self.size), 'the next run goes on from there')
        if self.size is not None and hasher.size != self.size:
            raise DigestMismatch('{}: {} bytes came, {} were expected'.format(what, hasher.size, self.size), WRONG)
        for algorithm in sorted(self.digests):
            seen = hasher.hex(algorithm)
            if seen is not None and seen != self.digests[algorithm]:
                raise DigestMismatch('{}: {} is {}, expected {}'.format(
                    what, algorithm, seen, self.digests[algorithm]), WRONG)


def withheld(chunks, expected, what, hasher=None):
    """Yield `chunks` (bytes), the last of them only after all proved right.

    Until the digest holds the receiver lacks the end of the body, so it cannot take the image for
    complete (invariant 2). hasher: a fresh one of `expected`, when the caller wants its digests afterwards.
    Raises CutShort or DigestMismatch before the last chunk, or as soon as too much came.
    """
    hasher = hasher or expected.hasher()
    last = None
    for chunk in chunks:
        if not chunk:
            continue
        hasher.update(chunk)
        if expected.size is not None and hasher.size > expected.size:
            break
        if last is not None:
            yield last
        last = chunk
    expected.check(hasher, what)
    if last is not None:
        yield last
