"""Digests: the stream that proves itself before its end is let go."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given, strategies as st
from unit.given import is_one_line

from glance_sync.digests import Expected, Hasher, new, withheld
from glance_sync.errors import CutShort, DigestMismatch

CHUNKS = st.lists(st.binary(max_size=6), max_size=6)


def expected(data, size=True, algorithms=('sha512', 'md5')):
    return Expected(len(data) if size else None, {name: hashlib.new(name, data).hexdigest() for name in algorithms})


def take(chunks, wanted):
    """Return (bytes that the receiver got, the error that ended the stream or None)."""
    got = bytearray()
    try:
        for chunk in withheld(iter(chunks), wanted, 'image x'):
            got += chunk
    except (CutShort, DigestMismatch) as error:
        assert is_one_line(error) and str(error).startswith('image x: ')
        return bytes(got), error
    return bytes(got), None


@given(CHUNKS, st.booleans())
def test_a_right_stream_comes_whole(chunks, size):
    data = b''.join(chunks)
    assert take(chunks, expected(data, size)) == (data, None)


@given(CHUNKS, st.binary(max_size=20), st.booleans())
def test_a_wrong_stream_never_comes_whole(chunks, wanted, size):
    data = b''.join(chunks)
    got, error = take(chunks, expected(wanted, size))
    if data == wanted:
        assert error is None and got == wanted
    else:
        assert error is not None
        assert data.startswith(got) and (len(got) < len(data) or not data)
        assert not size or len(got) < max(len(wanted), 1)       # nobody takes it for complete


@pytest.mark.parametrize('chunks, wanted, kind', [
    ([], b'', None), ([b''], b'', None),                                    # an empty image
    ([b'ab', b''], b'ab', None),
    ([b'ab'], b'abc', CutShort), ([], b'abc', CutShort), ([b'a', b'', b'b'], b'abc', CutShort),
    ([b'abd'], b'abc', DigestMismatch), ([b'x', b'bc'], b'abc', DigestMismatch),
    ([b'abcd'], b'abc', DigestMismatch), ([b'abc', b'd'], b'abc', DigestMismatch), ([b'x'], b'', DigestMismatch),
])
def test_ends(chunks, wanted, kind):
    got, error = take(chunks, expected(wanted))
    assert (error is None) if kind is None else (type(error) is kind)
    assert len(got) < max(len(wanted), 1) if kind else got == wanted


def test_too_much_is_not_read_to_its_end():
    def endless():
        while True:
            yield b'x' * 10
    got, error = take(endless(), expected(b'y' * 100))
    assert isinstance(error, DigestMismatch) and len(got) < 100


def test_one_chunk_back_is_all_that_is_held():
    wanted = Expected(None, {})
    tracemalloc.start()
    try:
        for _ in withheld((bytes(1 << 20) for _ in range(64)), wanted, 'image x'):
            continue
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


def test_an_error_of_the_sender_comes_through():
    def breaks():
        yield b'ab'
        raise OSError('gone')
    got = []
    with pytest.raises(OSError):
        for chunk in withheld(breaks(), expected(b'ab'), 'image x'):
            got.append(chunk)
    assert got == []


def test_the_hasher_is_the_callers():
    wanted = expected(b'abc')
    hasher = wanted.hasher()
    assert list(withheld([b'a', b'bc'], wanted, 'x', hasher)) == [b'a', b'bc']
    assert hasher.hex() == hashlib.sha512(b'abc').hexdigest() and hasher.size == 3


@given(st.binary())
def test_hasher(data):
    hasher = Hasher(['md5', 'sha256', 'no-such', 'shake_128'])
    hasher.update(data[:3])
    hasher.update(data[3:])
    assert hasher.size == len(data)
    for name in ('sha512', 'md5', 'sha256'):
        assert hasher.hex(name) == hashlib.new(name, data).hexdigest()
    assert hasher.hex('no-such') is None is hasher.hex('shake_128')


@pytest.mark.parametrize('name', ['no-such', '', 'shake_128', 'shake_256', None, 5])
def test_algorithms_that_nobody_can_compare(name):
    assert new(name) is None


def test_digests_that_are_not_known_do_not_count():
    wanted = Expected(3, {'md5': None, 'sha256': '', 'no-such': 'ff', 'sha512': hashlib.sha512(b'abc').hexdigest().upper()})
    assert take([b'abc'], wanted) == (b'abc', None)
