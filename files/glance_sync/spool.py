"""The spool: the folder `data_dir`, its marker, its manifest and the bits of the images.

    manifest.json       written last, atomically: it names only files that are complete and verified
    images/<id>         complete and verified whenever a file carries this name
    .partial/<id>       a download under way; survives a kill and is resumed
    .glance-sync        the marker: this folder is ours, what it holds
    .ledger.json        IDs that the slave's Glance will not take (ledger.py)
    .lock               held while a run writes
"""

import errno
import fcntl
import json
import os
import stat
import threading

from . import ledger, manifest
from .atomic import sync_folder, write
from .digests import Hasher
from .errors import Corrupt, Failure, Locked, ManifestError, UsageError
from .records import is_id

MARKER = '.glance-sync'
MARKER_FORMAT = 1
MARKER_KEYS = (('mode', str), ('origin', str), ('generation', int), ('select', str), ('ids', list), ('present', list))
BLOCK = 1 << 20     # bytes read or written at once


class Spool:
    """One data_dir. `open()` makes it ours and takes the lock before anything is written. mode: master or slave."""

    def __init__(self, folder, mode):
        self.folder, self._mode = folder, mode
        self.images = os.path.join(folder, 'images')
        self.partial = os.path.join(folder, '.partial')
        self._lock = None

    # marker and lock

    def open(self):
        """Adopt an empty folder or check that it is ours, and lock it until the process ends.

        The lock is inherited by children, so that an orphan rsync still holds it (invariant 8).
        Raises UsageError on a folder that holds something else or was filled in the other mode, Locked when another run
        is under way.
        """
        self._adopt()
        handle = os.open(os.path.join(self.folder, '.lock'), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise Locked('another run works in {}'.format(self.folder), 'wait until it ends')
        os.set_inheritable(handle, True)
        self._lock = handle
        for folder in (self.images, self.partial):
            os.makedirs(folder, mode=0o700, exist_ok=True)

    def close(self):
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def lock(self):
        """The lock's file descriptor, for children to inherit; None when it is not held."""
        return self._lock

    def _adopt(self):
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            found = set(os.listdir(self.folder))
            if MARKER not in found:
                if found - {'lost+found'}:
                    raise UsageError('data_dir {} holds files that are not ours ({})'.format(self.folder, sorted(found)[0]),
                                     'empty it, or choose another data_dir')
                os.chmod(self.folder, 0o700)
                self.write_marker({})
            before = self.marker().get('mode', self._mode)
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise UsageError('data_dir {}: {}'.format(self.folder, error.strerror), 'see its owner and mode')
        if before != self._mode:
            raise UsageError('data_dir {} was filled in mode = {}, this is mode = {}'.format(self.folder, before, self._mode),
                             'empty it, its marker {} too, or choose another data_dir'.format(MARKER))

    def marker(self):
        """Return what the marker says: {origin, generation, select}, each only when known. Raises Corrupt."""
        path = os.path.join(self.folder, MARKER)
        try:
            with open(path, encoding='utf-8') as source:
                text = source.read()
            data = json.loads(text) if text.strip() else {}
            if not isinstance(data, dict) or not all(isinstance(data.get(key, kind()), kind) for key, kind in MARKER_KEYS):
                raise ValueError('not what we write')
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            raise Corrupt('{} does not parse ({})'.format(path, error), 'make it an empty file')
        return data

    def write_marker(self, values):
        """Note `values` in the marker."""
        data = dict(values, format=MARKER_FORMAT, mode=self._mode)
        write(os.path.join(self.folder, MARKER), (json.dumps(data, sort_keys=True) + '\n').encode('utf-8'), 0o600)

    # manifest and ledger

    def read_manifest(self):
        """Return the Manifest of this spool, None when it has none yet. Raises ManifestError."""
        try:
            with open(os.path.join(self.folder, 'manifest.json'), 'rb') as source:
                text = source.read(manifest.MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            return manifest.load(text)
        except ManifestError as error:
            raise ManifestError('{}: {}'.format(self.folder, error.what), 'run "glance-sync {}", it writes a new one'.format(
                'dump' if self._mode == 'master' else 'pull'))

    def last_manifest(self, log):
        """Return the Manifest of this spool, None when there is none or it does not parse (then the files are hashed again)."""
        try:
            return self.read_manifest()
        except ManifestError as error:
            log.warning('%s', error)
            return None

    def publish(self, value):
        """Put a Manifest in place, last and atomically: every file that it names must be there."""
        missing = [record.id for record in value.records if not self.has(record)]
        if missing:
            raise Failure('the manifest would name {} that the spool lacks'.format(missing[0]), 'this is a bug, please report it')
        sync_folder(self.images)
        write(os.path.join(self.folder, 'manifest.json'), manifest.dump(value).encode('utf-8'), 0o600)

    def withdraw(self):
        """Take the manifest away: this spool keeps nothing that it could offer."""
        try:
            os.unlink(os.path.join(self.folder, 'manifest.json'))
        except FileNotFoundError:
            return

    def read_ledger(self):
        """Return the Ledger, the empty one when there is none. Raises Corrupt."""
        path = os.path.join(self.folder, '.ledger.json')
        try:
            with open(path, encoding='utf-8') as source:
                return ledger.from_json(json.load(source))
        except FileNotFoundError:
            return ledger.EMPTY
        except ValueError as error:
            raise Corrupt('{} does not parse ({})'.format(path, error), 'delete it; it fills again by itself')

    def write_ledger(self, value):
        """Put the Ledger in place, when it changed."""
        if value != self.read_ledger():
            text = json.dumps(ledger.to_json(value), sort_keys=True) + '\n'
            write(os.path.join(self.folder, '.ledger.json'), text.encode('utf-8'), 0o600)

    # images

    def path(self, image_id):
        """Return the path of an image's bits. The ID is checked: no path comes from outside (invariant 10)."""
        if not is_id(image_id):
            raise Failure('"{}" is no image ID'.format(image_id))
        return os.path.join(self.images, image_id)

    def partial_path(self, image_id):
        """Return the path of a download under way."""
        return os.path.join(self.partial, os.path.basename(self.path(image_id)))

    def has(self, record):
        """Return whether the bits of a Record are here: a regular file of the right size, verified before it got the name."""
        try:
            found = os.lstat(self.path(record.id))
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == record.size

    def ids(self):
        """Return the sorted IDs whose bits are here."""
        return sorted(name for name in os.listdir(self.images) if is_id(name)) if os.path.isdir(self.images) else []

    def partial_size(self, image_id):
        """Return how many bytes of a download are here already."""
        try:
            return os.lstat(self.partial_path(image_id)).st_size
        except FileNotFoundError:
            return 0

    def chunks(self, path, block=BLOCK):
        """Yield the bytes of a file of the spool; links are not followed."""
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), 'rb') as source:
            while True:
                data = source.read(block)
                if not data:
                    return
                yield data

    def hash(self, path, algorithms=()):
        """Return the Hasher of a whole file."""
        hasher = Hasher(algorithms)
        for data in self.chunks(path):
            hasher.update(data)
        return hasher

    def promote(self, image_id):
        """Give a verified download its final name, durably."""
        partial = self.partial_path(image_id)
        handle = os.open(partial, os.O_RDWR | os.O_NOFOLLOW)
        try:
            os.fchmod(handle, 0o600)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(partial, self.path(image_id))
        sync_folder(self.images)

    def link(self, known, image_id):
        """Give the bits of image `known` a second name: equal digests are stored once."""
        temporary = self.partial_path(image_id)
        self.discard_partial(image_id)
        os.link(self.path(known), temporary)
        os.replace(temporary, self.path(image_id))
        if os.path.lexists(temporary):      # rename(2) of two names of one inode does nothing
            os.unlink(temporary)

    def discard_partial(self, image_id):
        """Forget a download under way."""
        try:
            os.unlink(self.partial_path(image_id))
        except FileNotFoundError:
            return

    def remove(self, image_id):
        """Remove the bits of an image that no manifest names any more."""
        os.unlink(self.path(image_id))

    def drop(self, image_id):
        """Remove bits that turned out wrong under all their names: equal images are one inode."""
        wrong = os.lstat(self.path(image_id)).st_ino
        for name in self.ids():
            if os.lstat(self.path(name)).st_ino == wrong:
                self.remove(name)

    def sweep(self, keep):
        """Remove downloads of images outside `keep` (IDs) and our own leftover temporary files. Returns the sorted names."""
        found = []
        for name in sorted(os.listdir(self.partial)):
            if name not in keep:
                os.unlink(os.path.join(self.partial, name))
                found.append(name)
        for name in sorted(os.listdir(self.folder)):
            if name.startswith('.tmp-'):
                os.unlink(os.path.join(self.folder, name))
        return found

    def room(self):
        """Return the Room that is free for us on the spool's file system."""
        found = os.statvfs(self.folder)
        return Room(found.f_bavail * found.f_frsize)


class Room:
    """Free space, shared by all downloads of a run: what cannot fit is refused before it starts. free: bytes."""

    def __init__(self, free):
        self._left = free
        self._lock = threading.Lock()

    def take(self, size, what):
        """Set `size` bytes aside for `what`. Raises Failure when they are not there."""
        with self._lock:
            if size > self._left:
                raise Failure('{} needs {} bytes, the spool has {} left'.format(what, size, self._left),
                              'make room in data_dir, or narrow select')
            self._left -= size
