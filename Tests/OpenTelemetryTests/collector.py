"""A collector of OTLP/HTTP JSON that keeps all it gets, and can fail in every way that collectors do."""
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import otlp

BODY_BYTES_MAX = 64 << 20
SLOW_SECONDS = 1.5


@dataclass(frozen=True)
class Payload:
    signal: str
    body: bytes
    headers: dict
    request: object


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        collector = self.server.collector
        length = int(self.headers.get('Content-Length', 0))
        body = self.rfile.read(min(length, BODY_BYTES_MAX))
        mode = collector.mode
        collector.asked += 1
        if mode == 'hang':
            collector.closing.wait()
            self.close_connection = True
            return
        if mode == 'refuse':
            self.answer(503, b'{}', ('Retry-After', '30'))
            return
        if mode == 'slow':
            collector.closing.wait(SLOW_SECONDS)
        status = collector.take(self.path, dict(self.headers.items()), body)
        self.answer(status, b'{}')

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in (('Content-Type', 'application/json'), ('Content-Length', str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Those of an exporter that went away in between are no error.
    def handle_error(self, request, client_address):
        pass


class Collector:
    """mode: take, refuse (503), hang (no answer), slow (an answer after a while)."""

    def __init__(self, mode='take'):
        self.mode = mode
        self.asked = 0
        self.payloads = []
        self.problems = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.collector = self
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def take(self, path, headers, body):
        signal = path.removeprefix('/v1/')
        problems, request = [], None
        if signal not in otlp.REQUESTS:
            problems.append(f'POST {path}')
        elif headers.get('Content-Type', '').partition(';')[0] != 'application/json':
            problems.append(f'POST {path}: content type {headers.get("Content-Type")}')
        else:
            try:
                request = otlp.parse(signal, body)
                problems += otlp.broken_rules(signal, request)
            except ValueError as error:
                problems.append(f'{signal}: {error}: {body[:300]!r}')
        with self.lock:
            self.problems += problems
            self.payloads.append(Payload(signal, body, headers, request))
        return 200 if request is not None else 400

    def of(self, signal):
        with self.lock:
            return [payload for payload in self.payloads if payload.signal == signal and payload.request is not None]

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


def until(condition, seconds, pause=0.05):
    """The condition's value as soon as it is true; its last one, after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)
