"""Images: makes and reads images of one cloud over HTTP, for tests to set up and to compare."""
from pathlib import Path


class Images:
    """What tests do with images, as one user (a Client)."""

    def __init__(self, client):
        self.client = client

    def image(self, name=None, data=None, *, status=None, members=(), **attributes):
        """Make an image; return it as Glance shows it then.

        data: bytes or a Path, None leaves it queued. status: 'deactivated', or None for what comes of data.
        members: project ids, or pairs (project id, member status); visibility is shared then.
        attributes: everything else of the image: id, visibility, owner, tags, os_hidden, properties."""
        body = {'name': name, 'disk_format': 'raw', 'container_format': 'bare'}
        if members:
            body['visibility'] = 'shared'
        body.update(attributes)
        image_id = self.client.post('/v2/images', json=body).json()['id']
        if data is not None:
            self.upload(image_id, data)
        for member in members:
            self.share(image_id, *((member,) if isinstance(member, str) else member))
        if status == 'deactivated':
            self.client.post('/v2/images/%s/actions/deactivate' % image_id)
        return self.client.get('/v2/images/' + image_id).json()

    def upload(self, image_id, data):
        """Upload bytes or the file of a Path."""
        if isinstance(data, Path):
            with data.open('rb') as file:
                self.client.put('/v2/images/%s/file' % image_id, data=file)
        else:
            self.client.put('/v2/images/%s/file' % image_id, data=data)

    def share(self, image_id, project_id, status=None):
        """Make a project a member of a shared image, with a status other than pending if given."""
        self.client.post('/v2/images/%s/members' % image_id, json={'member': project_id})
        if status:
            self.client.put('/v2/images/%s/members/%s' % (image_id, project_id), json={'status': status})

    def change(self, image_id, **values):
        """Set attributes by PATCH; return the image. A value of None removes a custom property."""
        changes = [{'op': 'remove', 'path': '/' + name} if value is None else
                   {'op': 'add', 'path': '/' + name, 'value': value} for name, value in values.items()]
        return self.client.patch('/v2/images/' + image_id, changes).json()

    def all(self):
        """Every image of the cloud, of all visibilities and hidden ones too: {id: image}."""
        found = {}
        for query in ('visibility=all', 'visibility=all&os_hidden=true'):
            path = '/v2/images?limit=1000&' + query
            while path:
                page = self.client.get(path).json()
                found.update((image['id'], image) for image in page['images'])
                path = page.get('next')
        return found

    def members(self, image_id):
        """Members of an image: {project id: status}."""
        members = self.client.get('/v2/images/%s/members' % image_id).json()['members']
        return {member['member_id']: member['status'] for member in members}

    def data(self, image_id):
        """The bits of an image."""
        return self.client.get('/v2/images/%s/file' % image_id).content
