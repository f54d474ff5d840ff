"""Message: one HTTP request as a proxy's rules see it, its record, and how bodies travel piece by piece."""
import json
import select
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

PIECE = 1 << 16


class CutConnection(Exception):
    """One side closed its connection in the middle of a message."""


class AnsweredEarly(Exception):
    """The service answered before the request's body was complete."""


@dataclass
class Cut:
    """A rule's answer: break both connections after so many bytes of the body, up (request) or down (response)."""
    up: int = None
    down: int = None


@dataclass
class Record:
    """What a proxy saw: path with query as the client sent it; status None when there was no answer."""
    method: str
    path: str
    status: int = None
    up: int = 0
    down: int = 0
    headers: dict = field(default_factory=dict, repr=False)


class Request:
    """A request; rules may read it, and change method, path, query (list of pairs), headers and document."""

    def __init__(self, method, target, headers, read):
        self.method, self.headers = method, headers
        parts = urlsplit(target)
        self.path, self.query = parts.path, parse_qsl(parts.query, keep_blank_values=True)
        self._target, self._unchanged = target, (self.path, list(self.query))
        self._read, self._body = read, None
        self.cut_is_end = False     # an upload that the client cuts ends as if it were complete

    @property
    def target(self):
        """Path and query to send on."""
        if (self.path, self.query) == self._unchanged:
            return self._target
        return self.path + ('?' + urlencode(self.query) if self.query else '')

    def option(self, name):
        """The first value of a query parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    @property
    def body(self):
        """The changed body as bytes; None when it is to be passed on as it comes."""
        return self._body

    @property
    def document(self):
        """The JSON body; reading it takes the body from the client. None when there is none."""
        if self._body is None:
            self._body = b''.join(self._read())
        return json.loads(self._body) if self._body else None

    @document.setter
    def document(self, value):
        self._body = json.dumps(value).encode()


def pieces(file, headers):
    """Yield (raw, payload) of a request's body: raw as it came, with the framing of chunks."""
    if 'chunked' in headers.get('Transfer-Encoding', '').lower():
        yield from chunked(file)
        return
    yield from counted(file, int(headers.get('Content-Length') or 0))


def counted(file, left):
    """Yield (raw, payload) of the next `left` bytes; CutConnection when they end early."""
    while left:
        piece = file.read(min(left, PIECE))
        if not piece:
            raise CutConnection
        left -= len(piece)
        yield piece, piece


def chunked(file):
    """Yield (raw, payload) of a chunked body; CutConnection when it ends without its last chunk."""
    size = -1
    while size:
        line = file.readline()
        if not line.endswith(b'\n'):
            raise CutConnection
        yield line, b''
        try:
            size = left = int(line.split(b';')[0], 16)
        except ValueError:              # no chunk: the service has it, and says what it thinks of it
            raise CutConnection from None
        yield from counted(file, left)
        if size:
            yield file.readline(), b''
    while True:                         # trailers, then an empty line
        line = file.readline()
        if not line:
            raise CutConnection
        yield line, b''
        if not line.strip():
            return


class Source:
    """A client's connection to read a body from, which gives way when the service answers first."""

    def __init__(self, file, connection):
        self.file, self.connection, self.service = file, connection, None

    def _wait(self):
        if self.service and self.service in select.select([self.connection, self.service], [], [], 120)[0]:
            raise AnsweredEarly

    def read(self, size):
        """Up to size bytes; AnsweredEarly when the service (a socket) has something to say before them."""
        self._wait()
        return self.file.read(size)

    def readline(self):
        """One line; AnsweredEarly as in read()."""
        self._wait()
        return self.file.readline(PIECE)
