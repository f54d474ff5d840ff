"""The fake Transfer: the bits of an image out of a FakeGlance and into one."""

import hashlib

from glance_sync.errors import CutShort, Failure, Unreachable

from . import access
from .answers import answer, need
from .faults import call
from .rules import BITS, MAGIC

BLOCK = 1 << 20


class FakeTransfer:
    """glance_sync.glance.transfer.Transfer for one view (FakeCloud) of a FakeGlance."""

    def __init__(self, view):
        self.view, self.glance = view, view.glance

    @call
    def download(self, image_id, offset):
        """See Transfer."""
        image = access.find(self.view, image_id)
        need(self.view.role != 'reader', 403, 'You are not authorized to complete download_image action')
        need(self.view.is_admin or image['status'] != 'deactivated', 403, 'The requested image has been deactivated')
        if image['status'] not in ('active', 'deactivated'):
            raise Failure('image {}: Glance has no data for it'.format(image_id), 'see its store')
        bits = self.glance.bits[image['id']]
        start = offset if self.view.faults.ranges == 'served' and offset < len(bits) else 0
        return start, self._chunks(bits[start:], image_id)

    def _chunks(self, bits, image_id):
        cut = self.view.faults.cut_download
        broken = cut is not None and cut < len(bits)
        for at in range(0, cut if broken else len(bits), BLOCK):
            yield bits[at:min(at + BLOCK, cut if broken else len(bits))]
        if broken and not self.view.faults.silent_cut:
            raise CutShort('image {}: the download broke off'.format(image_id), 'the next run goes on from there')

    @call
    def upload(self, image_id, chunks, size):
        """See Transfer."""
        image = access.find_own(self.view, image_id)
        need(image['status'] == 'queued', 409, 'Image status transition from {} to saving is not allowed'.format(image['status']))
        self.glance.update(image, {'status': 'saving'})
        try:
            need(image['disk_format'] and image['container_format'], 400, 'formats must be set prior to saving data')
            bits = self._read(chunks, size)
            need(self.glance.find(image_id) is image, 410, 'the image was deleted during the upload')
            need(image['id'] not in self.glance.leftovers, 500, 'the store has a file of that name')
            self._check_format(image, bits)
        except BaseException:
            self.glance.update(image, BITS)
            raise
        self.glance.bits[image['id']] = bits
        self.glance.update(image, {
            'status': 'active', 'size': size, 'virtual_size': size or None, 'stores': 'fake', 'checksum': hashlib.md5(bits).hexdigest(),
            'os_hash_algo': 'sha512', 'os_hash_value': hashlib.sha512(bits).hexdigest()})

    def _check_format(self, image, bits):
        """415 when the bits are not of the image's format; the file store keeps them, and takes no others (Glance 33)."""
        if not bits.startswith(MAGIC.get(image['disk_format'], b'')):
            self.glance.leftovers.add(image['id'])
            raise answer(415, 'disk_format does not match stream data')

    def _read(self, chunks, size):
        """Return all bytes that `chunks` has; what it raises cuts the upload."""
        cut, bits = self.view.faults.cut_upload, bytearray()
        for data in chunks:
            bits += data
            if cut is not None and len(bits) >= cut:
                raise Unreachable('the connection broke off during the upload', 'the next run tries again')
        need(len(bits) == size, 400, 'Size mismatch: expected {} bytes, got {} bytes'.format(size, len(bits)))
        return bytes(bits)
