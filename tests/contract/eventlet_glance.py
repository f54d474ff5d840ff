"""A Glance of the eventlet kind: reads an upload's body as Glance did before uWSGI (webob's body_file over eventlet's
wsgi.input), and tells how it ended.

Run as `python eventlet_glance.py PORT` with the lab's Python (stage.py does). It speaks of the Image API what
glance-sync needs to see an old Glance (Queens); images are bits and a status, nothing else is kept.

    GET /uploads/ID    [{"ended": true when the body looked complete, "bytes": seen, "headers": {...}}, ...]
"""

import json
import sys

import eventlet
import webob
from eventlet import wsgi

PIECE = 1 << 16             # what glance_store's file store reads at once (READ_CHUNKSIZE)
LIMIT = 1 << 40             # image_size_cap
VERSIONS = {'versions': [{'id': 'v2.6', 'status': 'CURRENT', 'links': []}, {'id': 'v2.0', 'status': 'SUPPORTED', 'links': []}]}
SCHEMA = {'name': 'image', 'properties': {'id': {'type': 'string'}, 'visibility': {
    'type': 'string', 'enum': ['community', 'public', 'private', 'shared']}}}


class CooperativeReader:
    """glance.common.utils.CooperativeReader: lets other greenthreads run before each read."""

    def __init__(self, file):
        self.file = file

    def read(self, length):
        """Up to `length` bytes."""
        eventlet.sleep(0)
        return self.file.read(length)


class LimitingReader:
    """glance.common.utils.LimitingReader: counts, and fails beyond image_size_cap."""

    def __init__(self, data, limit):
        self.data, self.limit, self.bytes_read = data, limit, 0

    def read(self, length):
        """Up to `length` bytes."""
        found = self.data.read(length)
        self.bytes_read += len(found)
        if self.bytes_read > self.limit:
            raise ValueError('ImageSizeLimitExceeded')
        return found


class OldGlance:
    """The WSGI application; images: {id: dict}, uploads: {id: [how each PUT ended]}."""

    def __init__(self):
        self.images, self.uploads = {}, {}

    def __call__(self, environ, start_response):
        parts = environ['PATH_INFO'].strip('/').split('/')
        status, document = self.answer(environ, environ['REQUEST_METHOD'], parts)
        body = b'' if document is None else json.dumps(document).encode()
        start_response(status, [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
        return [body]

    def answer(self, environ, method, parts):
        """Return (status, document) for a request to /`parts`."""
        if parts in ([''], ['versions']):
            return '300 Multiple Choices' if parts == [''] else '200 OK', VERSIONS
        if parts == ['v2', 'schemas', 'image']:
            return '200 OK', SCHEMA
        if parts[0] == 'uploads':
            return '200 OK', self.uploads.get(parts[1], [])
        if parts == ['v2', 'images'] and method == 'POST':
            image = dict(json.loads(environ['wsgi.input'].read().decode()), status='queued', size=None)
            self.images[image['id']] = image
            return '201 Created', image
        image = self.images.get(parts[2]) if parts[:2] == ['v2', 'images'] and len(parts) > 2 else None
        if image is None:
            return '404 Not Found', {'message': 'No image found'}
        if parts[3:] == ['file'] and method == 'PUT':
            return self.put(environ, image)
        return '200 OK', image

    def put(self, environ, image):
        """Take an upload as Glance's image_data.upload and the file store's add() do."""
        if image['status'] != 'queued':
            return '409 Conflict', {'message': 'not queued'}
        image['status'] = 'saving'
        seen = {'ended': False, 'bytes': 0, 'headers': {
            key: environ[key] for key in ('CONTENT_LENGTH', 'HTTP_TRANSFER_ENCODING') if environ.get(key)}}
        self.uploads.setdefault(image['id'], []).append(seen)
        reader = LimitingReader(CooperativeReader(webob.Request(environ).body_file), LIMIT)
        try:
            while reader.read(PIECE):
                seen['bytes'] = reader.bytes_read
        except Exception as error:      # whatever eventlet or the socket raise: Glance puts the image back
            seen['error'] = repr(error)
            image['status'] = 'queued'
            return '400 Bad Request', {'message': str(error)}
        seen['ended'] = True
        image.update(status='active', size=seen['bytes'])
        return '204 No Content', None


if __name__ == '__main__':
    wsgi.server(eventlet.listen(('127.0.0.1', int(sys.argv[1]))), OldGlance(), log_output=False)
