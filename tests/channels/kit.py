"""The mail and the post that these tests send, and servers that misbehave."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
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


@contextmanager
def mail_server(answers: Mapping[str, bytes], said: list[str] | None = None) -> Iterator[int]:
    """A mail server that answers a command with these bytes, the end of a mail with those of `.`, and takes what is not named here; its
    port. The commands it is given are in `said`."""
    heard = [] if said is None else said

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(b"220 ready")
            while line := self.rfile.readline():
                heard.append(line.decode().strip())
                command = line[:4].upper().decode().strip()
                if command == "DATA" and command not in answers:
                    self.say(b"354 go on")
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    command = "."
                self.say(answers.get(command, b"250 OK"))

        def say(self, answer: bytes) -> None:
            self.wfile.write(answer + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
