"""The faults: what a FakeCloud is told to do wrong, and a record of every call."""

import functools


class Faults:
    """The switches of one FakeCloud, shared by all its views.

    calls: [(method, image ID or None), ...] of everything that was asked. ranges: 'served', 'ignored' (the whole
    body comes) or 'refused' (400). cut_download: bytes after which a download breaks off with CutShort, `silent_cut`:
    ends like a complete one. cut_upload: bytes after which the connection of an upload breaks. Methods are named as
    in Images and Transfer.
    """

    def __init__(self):
        self.calls = []
        self.ranges, self.silent_cut = 'served', False
        self.cut_download = self.cut_upload = None
        self._before, self._after = {}, {}

    def fail_next(self, method, error, times=1):
        """Make the next call of a method raise `error`, undone."""
        self._before.setdefault(method, []).extend([error] * times)

    def lose_next(self, method, error):
        """Let the next call of a method do its work and then raise `error`: only the answer is lost."""
        self._after.setdefault(method, []).append(error)

    def forget(self):
        """Drop the errors that no call met."""
        self._before.clear()
        self._after.clear()

    def writes(self):
        """Return the calls that changed something or tried to."""
        return [call for call in self.calls if call[0] not in READS]

    def check(self, method, when):
        """Raise the error that waits for this method."""
        waiting = (self._before if when == 'before' else self._after).get(method)
        if waiting:
            raise waiting.pop(0)


READS = ('capabilities', 'list', 'get', 'members', 'download', 'directory')


def call(method):
    """Decorate a method of FakeImages or FakeTransfer: recorded, and failing as its faults say."""
    @functools.wraps(method)
    def wrapped(self, *arguments):
        subject = arguments[0] if arguments else None
        faults = self.view.faults
        faults.calls.append((method.__name__, subject['id'] if isinstance(subject, dict) else subject))
        faults.check(method.__name__, 'before')
        result = method(self, *arguments)
        faults.check(method.__name__, 'after')
        return result
    return wrapped
