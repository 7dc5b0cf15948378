"""A host that answers as a test says, and a shell without an issuer of its own."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.doctor.running import PEM, UNKNOWN


@pytest.fixture
def server():
    """A web server that answers each call as the test says."""
    with contextlib.ExitStack() as stack:

        def make(
            answer=lambda headers: (200, UNKNOWN),
            *,
            skew=0.0,
            date=True,
            close=False,
            head=True,
            tls=False,
            kind="application/json",
        ) -> str:
            class Handler(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def log_message(self, *args) -> None:
                    pass

                def tell(self, status: int, text: str) -> None:
                    content = text.encode()
                    self.send_response_only(status)
                    if date:
                        self.send_header("Date", formatdate(time.time() + skew, usegmt=True))
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(content)))
                    if close:
                        self.send_header("Connection", "close")
                        self.close_connection = True
                    self.end_headers()
                    self.wfile.write(b"" if self.command == "HEAD" else content)

                def do_HEAD(self) -> None:
                    if head:
                        self.tell(404, "")
                    else:
                        self.close_connection = True

                def do_POST(self) -> None:
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.tell(*answer(self.headers))

            httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            httpd.daemon_threads = True
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(PEM)
                httpd.socket = context.wrap_socket(
                    httpd.socket, server_side=True, do_handshake_on_connect=False
                )
                httpd.handle_error = lambda *args: None
            thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(httpd.server_close)
            stack.callback(thread.join)
            stack.callback(httpd.shutdown)
            return f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{httpd.server_port}"

        yield make


@pytest.fixture
def shell(shell_of):
    shell = shell_of(None)
    shell.env |= {
        "FREEDOMPAY_AUTH_ID": "10001",
        "FREEDOMPAY_SECRET_KEY": "sandbox-secret",
        "FREEDOMPAY_REGION": "KZ",
    }
    return shell
