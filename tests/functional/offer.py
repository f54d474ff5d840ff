"""The offer: what a cloud offers, in terms that two clouds share, to be compared with ==."""

import hashlib

LOCAL = ('file', 'self', 'schema', 'stores', 'direct_url', 'locations', 'owner', 'created_at', 'updated_at')


def projects(cloud):
    """{project ID: project@domain} of a cloud."""
    domains = {one['id']: one['name'] for one in cloud.get('/v3/domains').json()['domains']}
    return {one['id']: '{}@{}'.format(one['name'], domains[one['domain_id']])
            for one in cloud.get('/v3/projects').json()['projects']}


def offer(cloud, only=None):
    """{image ID: everything that must be equal on two clouds}; only: IDs to look at."""
    names, found = projects(cloud), {}
    for image_id, image in cloud.images().items():
        if only is not None and image_id not in only:
            continue
        seen = {key: value for key, value in image.items() if key not in LOCAL and not key.startswith('glance_sync')}
        seen['tags'] = sorted(seen['tags'])
        seen['owner'] = names.get(image['owner'])
        if image['status'] in ('active', 'deactivated'):
            seen['bits'] = hashlib.sha256(cloud.data(image_id)).hexdigest() if image['size'] else ''
        if image['visibility'] == 'shared':
            seen['members'] = {names.get(key, key): value for key, value in cloud.members(image_id).items()}
        found[image_id] = seen
    return found


def clean(cloud):
    """Delete all images of a cloud."""
    for image_id, image in cloud.images().items():
        if image.get('protected'):
            cloud.change(image_id, protected=False)
        cloud.delete('/v2/images/' + image_id)
