"""The mail and the post that these tests send, and servers that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from channels.channel import Mail, Post

MAIL = Mail(
    "msg-1", "ann@acme.example.com", "Ann Lee", "hello@tenure.example.com", "Tenure", "cara@example.com",
    "Welcome – shall we begin?", "Hello Ann,\nwelcome.", "<p>Hello Ann,<br>welcome.</p>",
)  # fmt: skip
POST = Post("msg-2", "#wins", "Acme has its first value.")


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def mute() -> Iterator[int]:
    """A server that takes connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in taken:
                each.close()
