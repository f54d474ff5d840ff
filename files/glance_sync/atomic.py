"""Atomic files: a reader sees the old content or the new one, after a crash too."""

import os
import tempfile


def write(path, data, mode):
    """Replace the file at `path` with `data` (bytes), permission bits `mode`.

    Temporary file in the same folder, fsync, rename, fsync of the folder. Raises OSError; then the old file stands.
    """
    folder = os.path.dirname(path) or '.'
    handle, temporary = tempfile.mkstemp(prefix='.tmp-', dir=folder)
    try:
        with os.fdopen(handle, 'wb') as out:
            out.write(data)
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder):
    """Make renames and links in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
