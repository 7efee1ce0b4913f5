"""The Discord webhook on Python's standard library."""

import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from ed25519 import PublicKey
from publish import publisher

MAX_BODY_BYTES = 4 * 1024 * 1024
WINDOW_SECONDS = 5


def public_key():
    try:
        return PublicKey(bytes.fromhex(os.environ.get("DISCORD_PUBLIC_KEY", "")))
    except ValueError:
        sys.exit("DISCORD_PUBLIC_KEY must be 64 hexadecimal digits (the public key of the application)")


KEY = public_key()
PUBLISH = publisher()


def is_signed(signature, timestamp, body):
    if len(signature) != 128 or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(int(time.time()) - int(timestamp)) > WINDOW_SECONDS:
        return False
    try:
        decoded = bytes.fromhex(signature)
    except ValueError:
        return False
    return KEY.verify(decoded, timestamp.encode() + body)


def parsed(body):
    """The JSON value, or None when there is none."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(name):
    # Python would read NaN and Infinity, which are no JSON.
    raise ValueError(name)


class Webhook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet; otherwise a delayed acknowledgement costs 40 ms per answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/health":
            self.answer(200, {"status": "ok"})
        elif path == "/_benchmark/ready":
            self.answer(200, {"status": "ready"})
        else:
            self.answer(405 if path in ("/", "/interactions") else 404, {"error": "no such resource"})

    def do_POST(self):
        path = self.path.partition("?")[0]
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            # Without a length the end of the body is unknown, so the connection cannot be used again.
            self.close_connection = True
            return self.answer(411, {"error": "a Content-Length is needed"})
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return self.answer(413, {"error": "body too large"})
        body = self.rfile.read(int(length))
        if path not in ("/", "/interactions"):
            return self.answer(404, {"error": "no such resource"})
        with self.server.running():
            return self.answer(*self.interaction(body))

    def do_other(self):
        self.close_connection = True
        self.answer(405, {"error": "method not allowed"})

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_other

    def interaction(self, body):
        signature = self.headers.get("X-Signature-Ed25519", "")
        timestamp = self.headers.get("X-Signature-Timestamp", "")
        if not is_signed(signature, timestamp, body):
            return 401, {"error": "invalid request signature"}
        received = parsed(body)
        if not isinstance(received, dict):
            return 400, {"error": "the body must be a JSON object"}
        kind = received.get("type")
        # True == 1 and 1.0 == 1 in Python, so the class is compared too.
        if type(kind) is not int or kind not in (1, 2):
            return 400, {"error": "unsupported interaction type"}
        if kind == 1:
            return 200, {"type": 1}
        try:
            PUBLISH(received)
        except Exception as error:
            print(f"publish failed: {error}", file=sys.stderr)
            return 500, {"error": "internal error"}
        return 200, {"type": 5}

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format, *args):
        """One line per request would be measured as part of every request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address):
        super().__init__(address, Webhook)
        self._idle = threading.Condition()
        self._running = 0

    def server_bind(self):
        # HTTPServer asks DNS for the machine's name here; nothing needs it, and it can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    @contextmanager
    def running(self):
        """Counts one request while it runs."""
        with self._idle:
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def drain(self, timeout):
        """Waits until no request is running; connections that are open but idle do not count."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0, timeout)


def main():
    server = Server(("", int(os.environ.get("PORT", "8080"))))
    # shutdown() waits for serve_forever, which runs in the very thread that the signal interrupts.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    server.socket.close()
    server.drain(8)


main()
