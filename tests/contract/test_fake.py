"""What only the fake can do: its switches."""

import pytest
from fakes import FakeCloud, offer
from glance_sync.errors import Conflict, CutShort, Failure, Unreachable

from .bits import MIB, fetched, pattern


@pytest.fixture
def cloud():
    """A new fake."""
    return FakeCloud('somewhere')


def test_fail_next_happens_once_and_nothing_is_done(cloud):
    image = offer(cloud)
    cloud.faults.fail_next('delete', Unreachable('down'))
    with pytest.raises(Unreachable):
        cloud.images.delete(image['id'])
    assert cloud.images.get(image['id']) == image
    cloud.images.delete(image['id'])
    assert cloud.images.get(image['id']) is None


def test_lose_next_does_the_work_and_loses_the_answer(cloud):
    image = offer(cloud)
    cloud.faults.lose_next('upload', Unreachable('cut'))
    with pytest.raises(Unreachable):
        cloud.transfer.upload(image['id'], iter([b'bits']), 4)
    assert fetched(cloud, image['id']) == (0, b'bits')


def test_a_cut_upload_leaves_the_image_queued(cloud):
    image = offer(cloud)
    cloud.faults.cut_upload = 3
    with pytest.raises(Unreachable):
        cloud.transfer.upload(image['id'], iter([b'bi', b'ts']), 4)
    cloud.faults.cut_upload = None
    assert cloud.images.get(image['id'])['status'] == 'queued'
    cloud.transfer.upload(image['id'], iter([b'bits']), 4)


@pytest.mark.parametrize('silent', [False, True])
def test_a_cut_download(cloud, silent):
    image = offer(cloud, pattern(2 * MIB))
    cloud.faults.cut_download, cloud.faults.silent_cut = MIB + 1, silent
    got = []
    _, chunks = cloud.transfer.download(image['id'], 0)
    try:
        got.extend(chunks)
        assert silent
    except CutShort:
        assert not silent
    assert b''.join(got) == pattern(2 * MIB)[:MIB + 1] or not silent


def test_stuck_in_saving(cloud):
    image = offer(cloud)
    cloud.glance.stick(image['id'])
    with pytest.raises(Conflict):
        cloud.transfer.upload(image['id'], iter([b'bits']), 4)
    with pytest.raises(Failure):
        cloud.transfer.download(image['id'], 0)
    cloud.images.delete(image['id'])


def test_purge_gives_burned_ids_back(cloud):
    image = offer(cloud)
    cloud.images.delete(image['id'])
    cloud.glance.purge()
    assert offer(cloud, id=image['id'])['status'] == 'queued'


def test_calls_are_recorded(cloud):
    image = offer(cloud)
    cloud.images.list()
    cloud.directory()
    assert cloud.faults.calls == [('create', image['id']), ('get', image['id']), ('list', None), ('directory', None)]
    assert cloud.faults.writes() == [('create', image['id'])]


def test_clouds_share_nothing(cloud):
    other = FakeCloud('elsewhere')
    assert other.origin != cloud.origin and other.add_project('x') != cloud.add_project('x')
    image = offer(cloud)
    assert other.images.get(image['id']) is None
    image['name'] = 'changed outside'
    assert cloud.images.get(image['id'])['name'] == 'offer'
