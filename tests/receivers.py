"""Receivers of webhooks over TLS on loopback: down, slow, in error, elsewhere by the next call."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from hmac import new as hmac_of
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OPEN = "127.0.0.2"  # stands for the internet in these tests
INSIDE = "127.0.0.1"  # what nothing may reach
NAME = "hooks.example.org"


@dataclass
class Call:
    """What a receiver was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """As a receiver checks it, by the words of Standard Webhooks."""
        key = b64decode(secret.removeprefix("whsec_"))
        at = self.headers["webhook-timestamp"]
        content = f"{self.headers['webhook-id']}.{at}.".encode() + self.body
        mine = hmac_of(key, content, sha256).digest()
        offered = self.headers["webhook-signature"].split(" ")
        return any(b64decode(one.removeprefix("v1,")) == mine for one in offered)


@dataclass
class Receiver:
    """A server and what it does with the next calls."""

    address: str
    port: int
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait: float = 0.0  # seconds before it answers
    drip: float = 0.0  # seconds between the letters of the answer's body
    calls: list[Call] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}/cesai?key=k"

    def url_as(self, name: str) -> str:
        return f"https://{name}:{self.port}/cesai"

    @property
    def kinds(self) -> list[str]:
        """Of what it was told, in order, without trials."""
        return [call.json["type"] for call in self.calls if call.json["type"] != "ping"]


@contextmanager
def receiver(address: str = OPEN, port: int = 0, *, trusted: bool = True) -> Iterator[Receiver]:
    """Listens until left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            here.calls.append(Call(self.path, dict(self.headers.items()), body))
            here.on_call()
            time.sleep(here.wait)
            with suppress(OSError):
                self.send_response(here.status)
                for name, value in here.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(here.body)))
                self.end_headers()
                for letter in here.body if here.drip else b"":
                    self.wfile.write(bytes([letter]))
                    self.wfile.flush()
                    time.sleep(here.drip)
                if not here.drip:
                    self.wfile.write(here.body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler, bind_and_activate=False)
    server.allow_reuse_address = True
    server.daemon_threads = True
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    server.server_bind()
    server.server_activate()
    authority = _authority() if trusted else _other_authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    here = Receiver(address, server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def trap(address: str, port: int) -> Iterator[list[str]]:
    """Who connects where nobody may: the list stays empty if nobody does."""
    seen: list[str] = []
    with socket.create_server((address, port)) as listening:
        listening.settimeout(0.05)
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.is_set():
                with suppress(TimeoutError):
                    connection, where = listening.accept()
                    seen.append(str(where))
                    connection.close()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            time.sleep(0.1)
            is_over.set()
            thread.join()


@dataclass(frozen=True)
class Authority:
    """Files: a certificate with its key for the receivers, and who signed it."""

    chain: str
    certificate: str


@cache
def _authority() -> Authority:
    return _made("Receivers of the tests")


@cache
def _other_authority() -> Authority:
    return _made("Nobody knows them")


def authority_file() -> str:
    """Whom the portal has to trust to call these receivers."""
    return _authority().certificate


def _made(name: str) -> Authority:
    folder = Path(mkdtemp(prefix="cesai-receivers-"))
    now = datetime.now(UTC)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(issuer, issuer, issuer_key.public_key(), now).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.IPAddress(ipaddress.ip_address(OPEN)),
        x509.IPAddress(ipaddress.ip_address(INSIDE)),
        x509.DNSName(NAME),
    ]
    leaf = _certificate(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), issuer, key.public_key(), now
    ).add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = folder / "authority.pem"
    pem = serialization.Encoding.PEM
    certificate.write_bytes(root.sign(issuer_key, hashes.SHA256()).public_bytes(pem))
    chain = folder / "receiver.pem"
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(leaf.sign(issuer_key, hashes.SHA256()).public_bytes(pem) + private)
    return Authority(str(chain), str(certificate))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )
