"""Proxy: stands before an HTTP service, records what passes, and changes or breaks it where rules say so."""
import http.client
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from .message import PIECE, AnsweredEarly, Cut, CutConnection, Record, Request, Source, pieces

HOP = ('connection', 'keep-alive', 'proxy-connection', 'expect', 'upgrade', 'te')
NO_BODY = (204, 304)
LAST_CHUNK = b'0\r\n\r\n'


class Proxy(ThreadingHTTPServer):
    """A proxy on a loopback port, its address in url.

    rules(request) -> None to pass it on (changed or not), a tuple (status, headers, body) to answer it here, or
    a Cut; it may sleep. edit(request, status, document) -> the JSON document to answer instead.
    Bodies are streamed; a connection that one side cuts is cut on the other."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target_url, rules=None, edit=None):
        target = urlsplit(target_url)
        self.target = (target.hostname, target.port)
        self.rules, self.edit = rules, edit or getattr(rules, 'edit', None)
        self.records, self.busy, self.lock = [], 0, threading.Lock()
        super().__init__(('127.0.0.1', 0), Exchange)
        self.url = 'http://127.0.0.1:%d' % self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def server_bind(self):
        """Bind without looking up the host's name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address

    def close(self):
        """Stop listening."""
        self.shutdown()
        self.server_close()

    def mark(self):
        """A position for requests()."""
        return len(self.requests())

    def requests(self, since=0, patience=2):
        """The Records since a mark, in order of arrival, once none is under way (or patience is over)."""
        limit = time.monotonic() + patience
        while self.busy and time.monotonic() < limit:
            time.sleep(0.01)
        return self.records[since:]


class Exchange(BaseHTTPRequestHandler):
    """One request and its response."""

    protocol_version = 'HTTP/1.1'
    rbufsize = 0                # so that select() tells the truth
    timeout = 120

    def handle_one_request(self):
        """Read a request, pass it on, answer it, close."""
        self.close_connection, self.endless = True, False
        try:
            self.raw_requestline = self.rfile.readline(PIECE)
            if self.raw_requestline and self.parse_request():
                self.exchange()
        except CutConnection:
            self.abort(hard=self.endless)
        except (ConnectionError, TimeoutError):
            self.abort(hard=True)

    def exchange(self):
        """Apply the rules, then forward."""
        self.record = Record(self.command, self.path, headers=dict(self.headers))
        with self.server.lock:
            self.server.records.append(self.record)
            self.server.busy += 1
        try:
            self.source = Source(self.rfile, self.connection)
            self.body = pieces(self.source, self.headers)
            request = Request(self.command, self.path, self.headers, self.payload)
            verdict = self.server.rules(request) if self.server.rules else None
            if isinstance(verdict, tuple):
                self.reply(*verdict)
            else:
                self.forward(request, verdict or Cut())
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def payload(self):
        """Yield the request's body without framing, counted."""
        for _, piece in self.body:
            self.record.up += len(piece)
            yield piece

    def reply(self, status, headers=None, body=b''):
        """Answer here, after reading the request's body to its end."""
        for _ in self.payload():
            pass
        self.head(status, dict({'Content-Length': len(body)}, **(headers or {})))
        self.send(body)

    def forward(self, request, cut):
        """Send the request to the service and its response back."""
        try:
            upstream = socket.create_connection(self.server.target, timeout=120)
        except OSError:
            self.reply(503, {'Content-Type': 'text/plain'}, b'the service behind the proxy does not answer\n')
            return
        with upstream:
            complete = self.upload(upstream, request, cut.up)
            response = http.client.HTTPResponse(upstream, method=request.method)
            try:
                response.begin()
                if not complete:
                    raise CutConnection
                self.download(response, request, cut.down)
            except http.client.HTTPException:
                raise CutConnection from None

    def upload(self, upstream, request, limit):
        """Pass the request on. Return False when the client cut it and the service was told that it is complete."""
        headers = [(key, value) for key, value in request.headers.items() if key.lower() not in HOP]
        whole, rechunk = request.body, request.cut_is_end and 'Content-Length' in request.headers
        if whole is not None or rechunk:
            headers = [pair for pair in headers if pair[0].lower() not in ('content-length', 'transfer-encoding')]
            headers.append(('Transfer-Encoding', 'chunked') if rechunk else ('Content-Length', str(len(whole))))
        lines = ['%s %s HTTP/1.1' % (request.method, request.target), 'Connection: close']
        lines += ['%s: %s' % pair for pair in headers]
        upstream.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1'))
        if whole is not None:
            upstream.sendall(whole)
            return True
        try:
            ended = self.pump(upstream, limit, rechunk)
        except (CutConnection, ConnectionError):
            if not rechunk:
                raise
            upstream.sendall(LAST_CHUNK)
            return False
        if ended and rechunk:
            upstream.sendall(LAST_CHUNK)
        return True

    def pump(self, upstream, limit, rechunk):
        """Stream the request's body. Return False when the service answered (or left) before its end."""
        self.source.service = upstream
        try:
            for raw, piece in self.body:
                self.record.up += len(piece)
                cut = limit is not None and self.record.up >= limit
                if cut and piece:
                    raw = raw[:len(raw) - (self.record.up - limit)]
                try:
                    upstream.sendall(b'%x\r\n%s\r\n' % (len(raw), raw) if rechunk else raw)
                except ConnectionError:
                    return False
                if cut:
                    raise CutConnection
        except AnsweredEarly:
            return False
        return True

    def download(self, response, request, limit):
        """Pass the response on, a JSON document through edit()."""
        headers = {key: value for key, value in response.getheaders() if key.lower() not in HOP}
        status, edit = response.status, self.server.edit
        if edit and 'json' in headers.get('Content-Type', ''):
            document = edit(request, status, json.loads(response.read()))
            body = json.dumps(document).encode()
            headers.pop('Transfer-Encoding', None)
            self.head(status, dict(headers, **{'Content-Length': len(body)}))
            self.send(body)
            return
        chunks = response.chunked
        self.endless = not chunks and response.length is None
        self.head(status, headers)
        if request.method == 'HEAD' or status in NO_BODY:
            return
        while True:
            piece = response.read1(PIECE)
            if not piece:
                break
            if limit is not None and self.record.down + len(piece) >= limit:
                self.send(piece[:limit - self.record.down])
                raise CutConnection
            self.send(piece, chunks)
        if response.length:
            raise CutConnection     # the service ended before its Content-Length
        if chunks:
            self.wfile.write(LAST_CHUNK)

    def head(self, status, headers):
        """Send the status line and headers."""
        self.record.status = status
        self.send_response_only(status)
        for key, value in headers.items():
            self.send_header(key, str(value))
        self.send_header('Connection', 'close')
        self.end_headers()

    def send(self, piece, chunks=False):
        """Send a piece of the response's body."""
        self.record.down += len(piece)
        self.wfile.write(b'%x\r\n%s\r\n' % (len(piece), piece) if chunks else piece)

    def abort(self, hard):
        """Close the client's connection early; hard: by a reset, where an early end would look like the end.

        (After a reset the client may lose what it has not read yet.)"""
        try:
            if hard:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.connection.close()
        except OSError:
            pass

    def log_message(self, *_):
        """Records are enough."""
