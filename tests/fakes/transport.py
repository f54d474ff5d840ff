"""The fake Transport: what rsync would bring, copied from a folder on the same disk."""

import os

from glance_sync.errors import Unreachable

BLOCK = 4


class FakeTransport:
    """glance_sync.transport.Transport; the path of a Source is a folder here. cut: bytes after which it breaks off with `error`.

    As rsync --inplace does, it goes on from what the target has when that is a prefix, and else begins anew.
    """

    def __init__(self):
        self.cut, self.error = None, None
        self.fetched = []

    def break_after(self, size, error=None):
        """Break the next fetches off after `size` bytes in all."""
        self.cut, self.error = size, error or Unreachable('the fake ssh broke off')

    def mend(self):
        """Break nothing any more."""
        self.cut = None

    def fetch(self, source, names, target, largest):
        """See Transport."""
        for name in names:
            path = os.path.join(source.path, name)
            if not os.path.exists(path) or os.path.getsize(path) > largest:
                continue
            with open(path, 'rb') as known:
                bits = known.read()
            yield name, self._copy(bits, os.path.join(target, os.path.basename(name)))
            self.fetched.append(name)

    def _copy(self, bits, target):
        try:
            with open(target, 'rb') as known:
                there = known.read()
        except FileNotFoundError:
            there = b''
        start = len(there) if bits.startswith(there) else 0
        with open(target, 'r+b' if there else 'wb') as out:
            out.truncate(start)
            out.seek(start)
            for at in range(start, len(bits), BLOCK):
                if self.cut is not None:
                    self.cut -= BLOCK
                    if self.cut < 0:
                        raise self.error
                out.write(bits[at:at + BLOCK])
        return len(bits) - start
