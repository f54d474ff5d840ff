"""The transfer: the bits of an image out of a Glance and into one."""

from http.client import HTTPException
from urllib.parse import quote

from requests import exceptions as requests_exceptions
from urllib3 import exceptions as urllib3_exceptions

from ..errors import CutShort, Failure

BLOCK = 1 << 20             # bytes read at once
BROKEN = (urllib3_exceptions.HTTPError, requests_exceptions.RequestException, EnvironmentError)


class Transfer:
    """Moves bits through a Session, paced by a Throttle."""

    def __init__(self, session, throttle):
        self._session, self._throttle = session, throttle

    def download(self, image_id, offset):
        """Return (start, chunks): the image's bytes from `start` on, which is `offset` or, where the store serves no ranges, 0.

        chunks is an iterator of bytes with a close(). It raises CutShort when the connection breaks; a body that just ends
        early ends the iterator: the caller knows the size. Raises NotThere, Forbidden, Failure (204: Glance has no data).
        """
        headers = {'Range': 'bytes={}-'.format(offset)} if offset else {}
        try:
            response = self._get(image_id, headers)
        except Failure:
            if not offset:
                raise
            response = self._get(image_id, {})      # 400 or 416: a store that serves no ranges
        if response.status_code == 204:
            raise Failure('image {}: Glance has no data for it'.format(image_id), 'see its store')
        start = offset if response.status_code == 206 else 0
        return start, self._chunks(response, image_id)

    def _get(self, image_id, headers):
        return self._session.call('GET', _path(image_id), again=True, headers=headers, stream=True, log=False)

    def _chunks(self, response, image_id):
        try:
            while True:
                data = response.raw.read(BLOCK)
                if not data:
                    return
                self._throttle.spend(len(data))
                yield data
        except BROKEN as error:
            raise CutShort('image {}: the download broke off ({})'.format(image_id, error), 'the next run goes on from there')
        finally:
            response.close()

    def upload(self, image_id, chunks, size):
        """Send `chunks` (bytes, `size` in all) as the bits of a queued image.

        What `chunks` raises ends the upload so that Glance cannot take it for complete, and comes out as it is: the body has
        a Content-Length, and a Glance that gets less puts the image back to queued. That holds under uWSGI, mod_wsgi and
        eventlet (0.18 to 0.41: webob's body_file raises on a short body), tried with Glance 20.1 and 33. A chunked body is
        no safer, does not pass mod_proxy_uwsgi, and leaves the image `saving` for good when a quota refuses it.
        Raises Unreachable, Conflict (the image is not queued), Failure (quota, full disk, format).
        """
        body = _Body(chunks, size)
        try:
            self._session.put(_path(image_id), body if size else b''.join(body), size)
        except Exception:
            if body.error is not None:
                raise body.error
            raise


class _Body:
    """A request body of known length that can be sent once.

    requests sends a Content-Length for what has a length, and its pieces as they come. Sending a spent body again (after a 401,
    a redirect, a retry: keystoneauth does all three) would store an empty image, so a second reading raises Failure.
    """

    def __init__(self, chunks, size):
        self._chunks, self._size, self._spent = iter(chunks), size, False
        self.error = None

    def __len__(self):
        return self._size

    def __iter__(self):
        if self._spent:
            raise Failure('the upload would have been sent twice')
        self._spent = True
        left = self._size
        while True:
            data = self._next()
            left -= len(data)
            if left < 0 or not data:
                break
            yield data
        if left:        # else Glance would wait for the rest, or take it for another request
            self.error = Failure('the bits are not the {} bytes that were promised'.format(self._size))
            raise _Ended()

    def _next(self):
        try:
            for data in self._chunks:
                if data:
                    return data
            return b''
        except EnvironmentError as error:
            self.error = Failure('the bits cannot be read: {}'.format(error), 'see the spool')
        except BaseException as error:
            self.error = error
        raise _Ended()


class _Ended(HTTPException):
    """Ends a body: every urllib3 closes the connection on this, while it may keep it open on what it does not know."""


def _path(image_id):
    return '/v2/images/{}/file'.format(quote(image_id, safe=''))
