"""The offer: one image with its bits and members, made in any cloud through the edge's own interface."""

import uuid


def offer(cloud, data=None, status=None, members=(), **attributes):
    """Make an image and return its dict.

    cloud: a glance_sync.glance.Cloud or a FakeCloud; data: bytes, None leaves it queued; status: 'deactivated' or None;
    members: [(project ID, status), ...]; attributes: the rest of the image, properties too.
    """
    body = {'id': str(uuid.uuid4()), 'name': 'offer', 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'private'}
    if members:
        body['visibility'] = 'shared'
    body.update(attributes)
    image = cloud.images.create({key: value for key, value in body.items() if value is not None or key == 'name'})
    if data is not None:
        cloud.transfer.upload(image['id'], iter([data] if data else []), len(data))
    for project_id, member_status in members:
        cloud.images.set_member(image['id'], project_id, member_status)
    if status == 'deactivated':
        cloud.images.set_status(image['id'], status)
    return cloud.images.get(image['id'])
