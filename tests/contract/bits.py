"""The contract of Transfer: whole uploads and downloads. Those that break are in aborts.py."""

import hashlib
import struct

import pytest
from glance_sync.digests import Expected, withheld
from glance_sync.errors import Conflict, CutShort, Failure, Forbidden, NotThere

from .images import NO_ID, one_line
from .sides import CUT_AT, wait_for

MIB = 1 << 20
QCOW2 = struct.pack('>4sIQIIQIIQQIIQQQQII', b'QFI\xfb', 3, 0, 0, 16, MIB, 0, 1, 3 << 16, 1 << 16, 1, 0, 0, 0, 0, 0, 4, 104)
PATTERN = bytes(bytearray(range(251))) * (3 * MIB // 251 + 1)


def pattern(size):
    """`size` bytes in which each place is told from its neighbours."""
    return PATTERN[:size]


def pieces(data, size):
    """`data` in chunks of `size`."""
    return [data[at:at + size] for at in range(0, len(data), size)]


def fetched(cloud, image_id, offset=0):
    """(start, bytes) of a download."""
    start, chunks = cloud.transfer.download(image_id, offset)
    return start, b''.join(chunks)


class BitsContract:
    """upload, download."""

    @pytest.mark.parametrize('size', [1, MIB - 1, MIB, 2 * MIB + 7])
    def test_bits_go_in_and_come_out(self, side, size):
        data = pattern(size)
        image_id = side.image()['id']
        side.admin.transfer.upload(image_id, iter(pieces(data, 700001)), size)
        image = side.admin.images.get(image_id)
        assert (image['status'], image['size'], image['checksum']) == ('active', size, hashlib.md5(data).hexdigest())
        assert (image['os_hash_algo'], image['os_hash_value']) == ('sha512', hashlib.sha512(data).hexdigest())
        assert fetched(side.admin, image_id) == (0, data)

    def test_no_bits_at_all(self, side):
        image_id = side.image()['id']
        side.admin.transfer.upload(image_id, iter([]), 0)
        image = side.admin.images.get(image_id)
        assert (image['status'], image['size'], image['os_hash_value']) == ('active', 0, hashlib.sha512(b'').hexdigest())
        assert fetched(side.admin, image_id) == (0, b'')

    def test_chunks_are_drawn_as_they_are_sent(self, side):
        """Memory does not grow with the image: nothing collects the chunks first."""
        image_id, seen = side.image()['id'], []

        def watched():
            for data in pieces(pattern(3 * MIB), MIB):
                seen.append(wait_for(lambda: side.admin.images.get(image_id)['status'] == 'saving', 5))
                yield data
        side.admin.transfer.upload(image_id, watched(), 3 * MIB)
        assert seen[1:] == [True, True]

    def test_a_download_goes_on_from_an_offset(self, side):
        data = pattern(MIB + 5)
        image_id = side.image(data)['id']
        for offset in (1, MIB, MIB + 4):
            assert fetched(side.admin, image_id, offset) == (offset, data[offset:])

    @pytest.mark.parametrize('beyond', [0, 1, 1000])
    def test_an_offset_at_or_beyond_the_end_starts_over(self, side, beyond):
        assert fetched(side.admin, side.image(b'bits')['id'], 4 + beyond) == (0, b'bits')

    @pytest.mark.parametrize('fault', ['no-range', 'refuse-range'])
    def test_stores_without_ranges_send_all(self, side, fault):
        data = pattern(1000)
        image_id = side.image(data)['id']
        cloud = side.broken(fault)
        for offset in (0, 1, 999, 1000):
            assert fetched(cloud, image_id, offset) == (0, data)

    def test_a_download_may_be_given_up(self, side):
        image_id = side.image(pattern(3 * MIB))['id']
        _, chunks = side.admin.transfer.download(image_id, 0)
        assert next(chunks) == pattern(MIB)
        chunks.close()
        assert fetched(side.admin, image_id)[1] == pattern(3 * MIB)

    @pytest.mark.parametrize('offset', [0, 1000])
    def test_a_cut_download_is_cut_short(self, side, offset):
        """Some clients notice, others just end: `withheld` makes one error of both, and what came is right."""
        data = pattern(CUT_AT * 3)
        image_id, got = side.image(data)['id'], []
        start, chunks = side.broken('cut').transfer.download(image_id, offset)
        assert start == offset

        def kept():
            for one in chunks:
                got.append(one)
                yield one
        with pytest.raises(CutShort) as caught:
            for _ in withheld(kept(), Expected(len(data) - offset, {}), 'image'):
                continue
        assert one_line(caught.value)
        assert data[offset:].startswith(b''.join(got)) and len(b''.join(got)) <= CUT_AT

    def test_downloads_of_nothing(self, side):
        with pytest.raises(NotThere):
            side.admin.transfer.download(NO_ID, 0)
        with pytest.raises(NotThere):
            side.admin.transfer.download(NO_ID, 7)
        with pytest.raises(Failure) as caught:      # 204: a success without data
            side.admin.transfer.download(side.image()['id'], 0)
        assert one_line(caught.value)

    def test_who_may_download(self, side):
        private = side.image(b'bits', owner=side.projects['tenant-a'])['id']
        deactivated = side.image(b'bits', visibility='public', status='deactivated')['id']
        assert fetched(side.admin, private) == fetched(side.joe, private) == fetched(side.admin, deactivated) == (0, b'bits')
        for cloud, image_id, kind in ((side.ann, private, NotThere), (side.joe, deactivated, Forbidden)):
            with pytest.raises(kind):
                cloud.transfer.download(image_id, 0)

    def test_uploads_to_what_is_not_queued(self, side):
        for status in (None, 'deactivated'):
            image = side.image(b'bits', status=status)
            with pytest.raises(Conflict):
                side.admin.transfer.upload(image['id'], iter([b'other']), 5)
            assert fetched(side.admin, image['id']) == (0, b'bits')
        with pytest.raises(NotThere):
            side.admin.transfer.upload(NO_ID, iter([b'bits']), 4)

    def test_two_uploads_at_once(self, side):
        image_id, errors = side.image()['id'], []

        def meanwhile():
            yield b'bi'
            assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'saving', 5)
            for call in (lambda: side.admin.transfer.upload(image_id, iter([b'else']), 4),
                         lambda: side.admin.transfer.download(image_id, 0)):
                try:
                    call()
                except Failure as error:
                    errors.append(type(error))
            yield b'ts'
        side.admin.transfer.upload(image_id, meanwhile(), 4)
        assert errors == [Conflict, Failure]
        assert fetched(side.admin, image_id) == (0, b'bits')

    def test_bits_that_are_not_of_the_format(self, side):
        image_id = side.image(disk_format='qcow2')['id']
        with pytest.raises(Failure) as caught:
            side.admin.transfer.upload(image_id, iter([pattern(5000)]), 5000)
        assert one_line(caught.value)
        assert side.admin.images.get(image_id)['status'] == 'queued'
        with pytest.raises(Failure):        # the refused bits stay in a file store, and in the way of all others (Glance 33)
            side.admin.transfer.upload(image_id, iter([QCOW2]), len(QCOW2))
        assert side.admin.images.get(image_id)['status'] == 'queued'
        right = side.image(QCOW2 + b'\0' * (1 << 18), disk_format='qcow2')
        assert (right['status'], right['size']) == ('active', len(QCOW2) + (1 << 18))

    def test_an_image_without_formats_takes_no_bits(self, side):
        image_id = side.image(disk_format=None, container_format=None)['id']
        with pytest.raises(Failure):
            side.admin.transfer.upload(image_id, iter([b'bits']), 4)
        assert side.admin.images.get(image_id)['status'] == 'queued'

    def test_an_image_deleted_meanwhile(self, side):
        image_id = side.image()['id']

        def meanwhile():
            yield b'bi'
            assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'saving', 5)
            side.admin.images.delete(image_id)
            yield b'ts'
        with pytest.raises(Failure):
            side.admin.transfer.upload(image_id, meanwhile(), 4)
        assert side.admin.images.get(image_id) is None
