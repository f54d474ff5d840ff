"""The real edge in front of a Glance that fails: proxies that stand before the real one, each a region (stage.REGIONS)."""

import pytest
from glance_sync.errors import Failure, NotThere, Unreachable

from .bits import MIB, fetched, pattern, pieces
from .changes import operation
from .images import NO_ID, one_line
from .sides import open_cloud, wait_for

READS = {'get': lambda cloud: cloud.images.get(NO_ID), 'list': lambda cloud: cloud.images.list(),
         'capabilities': lambda cloud: cloud.images.capabilities(), 'members': lambda cloud: cloud.images.members(NO_ID)}
WRITES = {
    'create': lambda cloud: cloud.images.create({'id': NO_ID}), 'delete': lambda cloud: cloud.images.delete(NO_ID),
    'patch': lambda cloud: cloud.images.patch(NO_ID, [operation('replace', 'name', 'x')]),
    'set_status': lambda cloud: cloud.images.set_status(NO_ID, 'active'),
    'set_member': lambda cloud: cloud.images.set_member(NO_ID, 'x', 'pending'),
    'remove_member': lambda cloud: cloud.images.remove_member(NO_ID, 'x'),
    'upload': lambda cloud: cloud.transfer.upload(NO_ID, iter([b'bits']), 4),
}
DOWNLOAD = {'download': lambda cloud: cloud.transfer.download(NO_ID, 0)}
ALL = dict(READS, **dict(WRITES, **DOWNLOAD))


@pytest.mark.parametrize('name', sorted(ALL))
def test_nothing_listens(real, name):
    with pytest.raises(Unreachable) as caught:
        ALL[name](real.region('closed'))
    assert one_line(caught.value) and 'connection refused' in str(caught.value)


@pytest.mark.parametrize('name', ['get', 'create', 'upload', 'download'])
def test_nothing_answers(real, name):
    with pytest.raises(Unreachable) as caught:
        ALL[name](real.region('silent', timeout=0.2))
    assert one_line(caught.value) and 'timed out' in str(caught.value)


@pytest.mark.parametrize('name', sorted(WRITES))
def test_a_gateway_without_glance_behind_it(real, name):
    with pytest.raises(Unreachable) as caught:
        WRITES[name](real.region('busy'))
    assert one_line(caught.value) and '503' in str(caught.value)


@pytest.mark.parametrize('name', sorted(set(ALL) - {'delete', 'set_status', 'remove_member', 'download'}))
def test_a_page_of_something_else(real, name):
    with pytest.raises(Failure) as caught:
        ALL[name](real.region('garbage'))
    assert one_line(caught.value)


def test_reads_are_tried_again(real):
    image = real.image(b'bits')
    flaky = real.region('flaky')
    for _ in range(2):
        assert flaky.images.get(image['id']) == image
        assert fetched(flaky, image['id']) == (0, b'bits')
        assert image['id'] in flaky.images.list()[0]


def test_a_token_that_was_revoked(real):
    """Reads get a new one by themselves. An upload ends, its bits being spent, and nothing of it stays."""
    image_id = real.image()['id']
    expired = real.region('expired')
    for _ in range(2):
        assert expired.images.get(image_id)['status'] == 'queued'
    with pytest.raises(Unreachable) as caught:
        expired.transfer.upload(image_id, iter(pieces(pattern(MIB), 65536)), MIB)
    assert one_line(caught.value)
    assert real.admin.images.get(image_id)['status'] == 'queued'
    expired.transfer.upload(image_id, iter(pieces(pattern(MIB), 65536)), MIB)
    assert fetched(real.admin, image_id) == (0, pattern(MIB))


@pytest.mark.parametrize('size', [0, MIB])
def test_a_redirected_upload_is_a_failure(real, size):
    image_id = real.image()['id']
    with pytest.raises(Failure) as caught:
        real.region('redirect').transfer.upload(image_id, iter([pattern(size)] if size else []), size)
    assert one_line(caught.value) and '307' in str(caught.value)
    assert real.admin.images.get(image_id)['status'] == 'queued'


def test_refused_while_it_is_being_sent(real):
    """413 before the body is read: old clients see a broken connection instead. Neither is a success."""
    told = real.document['tls']
    cloud, size = open_cloud(told['admin'], told['ca']), 8 * real.document['cap']
    image_id = cloud.images.create({'id': real.new_id(), 'disk_format': 'raw', 'container_format': 'bare'})['id']
    with pytest.raises((Failure, Unreachable)) as caught:
        cloud.transfer.upload(image_id, (pattern(MIB) for _ in range(size // MIB)), size)
    assert one_line(caught.value) and (isinstance(caught.value, Unreachable) or '413' in str(caught.value))
    assert wait_for(lambda: cloud.images.get(image_id)['status'] == 'queued', 2)
    cloud.transfer.upload(image_id, iter([b'bits']), 4)
    assert fetched(cloud, image_id) == (0, b'bits')
    cloud.images.delete(image_id)
    with pytest.raises(NotThere):
        cloud.transfer.download(image_id, 0)


def test_many_pages(real, monkeypatch):
    monkeypatch.setattr('glance_sync.glance.images.PAGE', 2)
    seen = {real.image(visibility=visibility)['id'] for visibility in ('private', 'community', 'public', 'public', 'public')}
    hidden = {real.image(visibility=visibility, os_hidden=True)['id'] for visibility in ('private', 'community', 'public')}
    assert seen | hidden <= set(real.admin.images.list()[0])
    assert seen <= set(real.old('queens').images.list()[0])
