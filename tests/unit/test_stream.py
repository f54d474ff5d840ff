"""The stream: bits out of a Glance into the spool, resumed, proved, never under a final name before."""

import os

import pytest
from fakes import FakeCloud, offer
from glance_sync.digests import Expected, Hasher
from glance_sync.errors import CutShort, DigestMismatch, Failure, NotThere
from glance_sync.spool import Spool
from glance_sync.stream import Stream, drain

BITS = bytes(range(256)) * 20000        # five blocks


@pytest.fixture
def cloud():
    return FakeCloud()


@pytest.fixture
def spool(tmp_path):
    spool = Spool(str(tmp_path / 'spool'), 'master')
    spool.open()
    yield spool
    spool.close()


def sha512(bits):
    hasher = Hasher()
    hasher.update(bits)
    return hasher.hex()


def stream(cloud, spool, bits=BITS, keep=True, expected=None):
    """A Stream of a new image with these bits."""
    image = offer(cloud, bits)
    return Stream(cloud.transfer, spool, image['id'], expected or Expected(len(bits), {'sha512': sha512(bits)}), keep), image['id']


@pytest.mark.parametrize('bits', [BITS, b'1', b''])
def test_bits_arrive_under_their_final_name(cloud, spool, bits):
    one, image_id = stream(cloud, spool, bits)
    assert drain(one).hex() == sha512(bits)
    with open(spool.path(image_id), 'rb') as found:
        assert found.read() == bits
    assert os.listdir(spool.partial) == []
    assert oct(os.stat(spool.path(image_id)).st_mode)[-3:] == '600'


@pytest.mark.parametrize('ranges', ['served', 'ignored', 'refused'])
def test_goes_on_from_what_is_there(cloud, spool, ranges):
    cloud.faults.ranges = ranges
    one, image_id = stream(cloud, spool)
    with open(spool.partial_path(image_id), 'wb') as left:
        left.write(BITS[:1500000])
    drain(one)
    with open(spool.path(image_id), 'rb') as found:
        assert found.read() == BITS
    assert one.fetched == len(BITS) - 1500000


@pytest.mark.parametrize('silent', [False, True])
def test_a_cut_keeps_what_came(cloud, spool, silent):
    one, image_id = stream(cloud, spool)
    cloud.faults.cut_download, cloud.faults.silent_cut = 3000000, silent
    with pytest.raises(CutShort):
        list(one.proved())
    assert spool.partial_size(image_id) == 3000000 and not os.path.exists(spool.path(image_id))
    cloud.faults.cut_download = None
    drain(one)
    assert one.fetched == len(BITS)


def test_a_wrong_prefix_is_discarded_and_all_comes_again(cloud, spool):
    one, image_id = stream(cloud, spool)
    with open(spool.partial_path(image_id), 'wb') as left:
        left.write(b'wrong' * 100)
    drain(one)
    with open(spool.path(image_id), 'rb') as found:
        assert found.read() == BITS


def test_a_leftover_that_is_too_long_is_discarded(cloud, spool):
    one, image_id = stream(cloud, spool, b'short')
    with open(spool.partial_path(image_id), 'wb') as left:
        left.write(b'much longer than that')
    drain(one)
    with open(spool.path(image_id), 'rb') as found:
        assert found.read() == b'short'


def test_wrong_bits_never_get_the_name(cloud, spool):
    one, image_id = stream(cloud, spool, expected=Expected(len(BITS), {'sha512': 'f' * 128}))
    with pytest.raises(DigestMismatch):
        drain(one)
    assert spool.ids() == [] and os.listdir(spool.partial) == []


def test_the_reader_lacks_the_end_until_all_is_proved(cloud, spool):
    one, image_id = stream(cloud, spool, expected=Expected(len(BITS), {'sha512': 'f' * 128}))
    seen = b''
    with pytest.raises(DigestMismatch):
        for data in one.proved():
            seen += data
    assert seen == BITS[:4 << 20] and BITS[4 << 20:]


def test_without_keeping_nothing_touches_the_spool(cloud, spool):
    one, image_id = stream(cloud, spool, keep=False)
    assert b''.join(one.proved()) == BITS
    assert spool.ids() == [] and os.listdir(spool.partial) == []


def test_a_refusal_comes_before_anything_is_done(cloud, spool):
    one, image_id = stream(cloud, spool)
    cloud.images.delete(image_id)
    with pytest.raises(NotThere):
        one.open()
    queued = Stream(cloud.transfer, spool, offer(cloud)['id'], Expected(3, {}))
    with pytest.raises(Failure):
        queued.open()
    assert os.listdir(spool.partial) == []


def test_a_link_in_place_of_a_partial_file_is_not_followed(cloud, spool, tmp_path):
    one, image_id = stream(cloud, spool)
    victim = tmp_path / 'victim'
    victim.write_bytes(b'')
    os.symlink(str(victim), spool.partial_path(image_id))
    with pytest.raises(OSError):
        drain(one)
    assert victim.read_bytes() == b''
