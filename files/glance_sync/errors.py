"""Known errors: each is one line for a person and one exit code."""

DONE = 0
FAILED = 1
USAGE = 2
PARTIAL = 3
REFUSED = 4
LOCKED = 5
UNREACHABLE = 6
BUG = 70
INTERRUPTED = 130

EXIT_CODES = (
    (DONE, 'done'),
    (FAILED, 'known failure'),
    (USAGE, 'usage or configuration'),
    (PARTIAL, 'partial: some images failed or were refused, the rest is done (drift: there is drift)'),
    (REFUSED, 'refused by a guard'),
    (LOCKED, 'another run holds the lock'),
    (UNREACHABLE, 'the other side cannot be reached, try later'),
    (BUG, 'bug'),
    (INTERRUPTED, 'interrupted'),
)


class GlanceSyncError(Exception):
    """A failure that glance-sync knows.

    what: one line, what is wrong and where; remedy: one line, what to do.
    The class gives `exit_code`, an int of EXIT_CODES.
    """

    exit_code = FAILED

    def __init__(self, what, remedy=''):
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    @property
    def code(self):
        """A short name that stays the same while the trouble does."""
        return type(self).__name__.lower()

    def __str__(self):
        return '{}: {}'.format(self.what, self.remedy) if self.remedy else self.what


class Failure(GlanceSyncError):
    """Something did not work, and trying the same again at once will not help."""


class UsageError(GlanceSyncError):
    """The configuration, the credentials or the command line are wrong."""

    exit_code = USAGE


class Guarded(GlanceSyncError):
    """A guard stopped the run before it changed anything; code: its short name."""

    exit_code = REFUSED

    def __init__(self, what, remedy='', code='guard'):
        super().__init__(what, remedy)
        self._code = code

    @property
    def code(self):
        return self._code


class Locked(GlanceSyncError):
    """Another run holds the lock of this data_dir."""

    exit_code = LOCKED


class Unreachable(GlanceSyncError):
    """The other side does not answer; the next run tries again."""

    exit_code = UNREACHABLE


class ManifestError(Failure):
    """A manifest that does not parse; it is refused whole."""


class DigestMismatch(Failure):
    """Bits that are not what their digest says."""


class CutShort(Failure):
    """Bits that ended before their size was reached; those that came are kept."""


class NotThere(Failure):
    """The other side has no such image or file."""


class Gone(NotThere):
    """An image that left the master while this run was under way; the next run follows."""


class Forbidden(Failure):
    """The credentials do not allow this call."""


class Conflict(Failure):
    """Glance answers 409: the ID is taken, or the image is in another state."""


class Corrupt(Failure):
    """A file of our own that does not parse."""
