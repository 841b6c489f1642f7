"""An event stream of given bytes, for what a test wants to say to a client word by word.

Each connection gets the head, the bytes, and then silence until somebody closes.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SseServer:
    """Listens from construction on, on a port of its own."""

    def __init__(self, body: bytes):
        self._closing = threading.Event()
        closing = self._closing

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is the base class's
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream; charset=utf-8")
                self.end_headers()
                self.wfile.write(b":ok\n\n" + body)
                self.wfile.flush()
                closing.wait()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v2/stream/recentchange"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


def frame(data: bytes, timestamp: int = 1_700_000_000_000) -> bytes:
    """One message as the service writes it."""
    id = b'[{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":%d}]' % timestamp
    return b"event: message\nid: " + id + b"\ndata: " + data + b"\n\n"
