"""The mail and the post that these tests send, and servers that misbehave."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from channels.channel import Mail, Post

MAIL = Mail(
    "msg-1", "ann@acme.example.com", "Ann Lee", "hello@tenure.example.com", "Tenure", "cara@example.com",
    "Welcome – shall we begin?", "Hello Ann,\nwelcome.", "<p>Hello Ann,<br>welcome.</p>",
)  # fmt: skip
# What is no TLS: a hang-up, plain HTTP, and an alert (handshake failure; https://www.rfc-editor.org/rfc/rfc8446#section-6).
HANDSHAKES = (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28")
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
def rude(first_words: bytes) -> Iterator[int]:
    """A server that hears the beginning of what is said to it, answers this and hangs up; its port."""

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(first_words)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def impostor() -> Iterator[str]:
    """A server whose certificate nobody we trust has signed; its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        file.write(signed.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)

    class Server(socketserver.TCPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Nobody gets further than its certificate."""

    class Session(socketserver.BaseRequestHandler):
        def setup(self) -> None:
            with context.wrap_socket(self.request, server_side=True):
                raise AssertionError("it was believed")

    with Server(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


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
