"""The real edge in front of a Glance under eventlet (eventlet_glance.py): an upload that ends early never looks complete."""

import json
from urllib.request import urlopen

import pytest
from glance_sync.errors import DigestMismatch

from .aborts import CASES, IDS, bits, ending
from .bits import pieces
from .sides import wait_for


@pytest.fixture
def cloud(real):
    """The admin's Cloud whose Glance is the eventlet one."""
    return real.region('eventlet')


def put_an_image(cloud, real):
    """Make a queued image and return its ID."""
    image_id = str(real.new_id())
    del real.made[:]                            # this Glance forgets by itself
    assert cloud.images.create({'id': image_id})['status'] == 'queued'
    return image_id


def uploads(real, image_id):
    """How each upload of an image ended, once all have."""
    def ended():
        with urlopen('{}/uploads/{}'.format(real.document['eventlet'], image_id)) as answer:
            found = json.loads(answer.read().decode())
        return found if found and all(one['ended'] or 'error' in one for one in found) else None
    return wait_for(ended, 2)


def test_it_is_seen_as_an_old_glance(cloud):
    found = cloud.images.capabilities()
    assert not found.hidden and not found.hashes


@pytest.mark.parametrize('size', [0, 1, 65536, (1 << 20) + 1])
def test_a_whole_upload_arrives_whole(cloud, real, size):
    image_id = put_an_image(cloud, real)
    cloud.transfer.upload(image_id, iter(pieces(bits(size), 1 << 20)), size)
    assert cloud.images.get(image_id)['status'] == 'active'
    ended, = uploads(real, image_id)
    assert ended['ended'] and ended['bytes'] == size


@pytest.mark.parametrize('size, step, sent', CASES, ids=IDS)
def test_a_cut_upload_never_looks_complete(cloud, real, size, step, sent):
    image_id, error = put_an_image(cloud, real), DigestMismatch('other bits')
    with pytest.raises(DigestMismatch) as caught:
        cloud.transfer.upload(image_id, ending(bits(size), step, sent, error), size)
    assert caught.value is error
    cut, = uploads(real, image_id)
    assert not cut['ended'] and cut['bytes'] < size
    assert wait_for(lambda: cloud.images.get(image_id)['status'] == 'queued', 2)
    cloud.transfer.upload(image_id, iter(pieces(bits(size), step)), size)
    assert [(one['ended'], one['bytes']) for one in uploads(real, image_id)[1:]] == [(True, size)]
