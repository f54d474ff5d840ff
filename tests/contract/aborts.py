"""The contract of an upload that must not be finished (invariant 2)."""

import pytest
from glance_sync.errors import Conflict, CutShort, DigestMismatch, GlanceSyncError, Unreachable

from .bits import MIB, fetched, pattern, pieces
from .sides import wait_for

CASES = [       # size, size of a chunk, chunks that go out before the end
    (1, 1, 0),
    (MIB - 1, MIB, 0), (MIB - 1, 65536, 1), (MIB - 1, 65536, 15),
    (5 * MIB, MIB, 0), (5 * MIB, MIB, 1), (5 * MIB, MIB, 3), (5 * MIB, MIB, 4),
]
IDS = ['{}-bytes-{}-chunks'.format(size, sent) for size, _, sent in CASES]


class Odd(Exception):
    """An exception that nobody expects."""


def ending(data, step, sent, error):
    """Yield the first `sent` chunks of `data`, then raise."""
    for one in pieces(data, step)[:sent]:
        yield one
    raise error


def bits(size):
    """`size` bytes."""
    return (pattern(3 * MIB) * (size // (3 * MIB) + 1))[:size]


def upload_again(cloud, image_id, chunks, size):
    """Upload, and for 2 s once more when Glance is not done with the upload that was cut: 409, or 410 if both began at once."""
    def accepted():
        try:
            cloud.transfer.upload(image_id, chunks(), size)
        except Conflict:
            return False
        return True
    assert wait_for(accepted, 2)


class AbortsContract:
    """upload, when its chunks raise."""

    @pytest.mark.parametrize('size, step, sent', CASES, ids=IDS)
    def test_the_image_stays_queued_and_takes_the_right_bits(self, side, size, step, sent):
        image_id, error, data = side.image()['id'], DigestMismatch('other bits'), bits(size)
        with pytest.raises(DigestMismatch) as caught:
            side.admin.transfer.upload(image_id, ending(data, step, sent, error), size)
        assert caught.value is error
        seen = set()
        wait_for(lambda: seen.add(side.admin.images.get(image_id)['status']), side.settles)
        assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'queued', 2) and seen <= {'queued', 'saving'}
        assert side.admin.images.get(image_id)['size'] is None
        upload_again(side.admin, image_id, lambda: iter(pieces(data, step)), size)
        assert fetched(side.admin, image_id) == (0, data)

    @pytest.mark.parametrize('error', [
        CutShort('cut'), Unreachable('gone'), Odd('odd'), ValueError('wrong'), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
    def test_what_chunks_raise_comes_out_unchanged(self, side, error):
        image_id = side.image()['id']
        with pytest.raises(type(error)) as caught:
            side.admin.transfer.upload(image_id, ending(pattern(3000), 1000, 2, error), 3000)
        assert caught.value is error
        assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'queued', 2)

    @pytest.mark.parametrize('error', [OSError(5, 'disk on fire'), ConnectionResetError(104, 'disk on fire'), TimeoutError('disk on fire')],
                             ids=lambda error: type(error).__name__)
    def test_errors_of_our_own_disk_are_not_taken_for_the_networks(self, side, error):
        image_id = side.image()['id']
        with pytest.raises((GlanceSyncError, OSError)) as caught:
            side.admin.transfer.upload(image_id, ending(pattern(3000), 1000, 2, error), 3000)
        assert not isinstance(caught.value, Unreachable) and 'disk on fire' in str(caught.value)
        assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'queued', 2)

    @pytest.mark.parametrize('given, size', [(b'', 4), (b'bi', 4), (b'bits and more', 4), (b'b', 0)], ids=['none', 'fewer', 'more', 'some'])
    def test_other_than_the_promised_size_is_never_complete(self, side, given, size):
        image_id = side.image()['id']
        with pytest.raises(GlanceSyncError):
            side.admin.transfer.upload(image_id, iter([given] if given else []), size)
        assert wait_for(lambda: side.admin.images.get(image_id)['status'] == 'queued', 2)
