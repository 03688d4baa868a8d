"""Keeps a server that listens on all addresses in a network namespace with loopback alone.

slurmdbd cannot be bound to an address. It runs in a namespace whose only way out is this
process, which passes connections on between both loopbacks under the same port numbers:
clients outside to slurmdbd inside, and slurmdbd's notices inside to the controllers outside.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import socket
import struct
import sys
from functools import partial
from pathlib import Path

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
SIOCSIFADDR = 0x8916
IFF_UP = 1

# The C library finds no name, not even "any address", where 127.0.0.1 is the only address.
_SECOND_ADDRESS = struct.pack(
    "16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton("127.0.0.2")
)

_libc = ctypes.CDLL(None, use_errno=True)


def command(pid: int) -> list[str]:
    """The prefix that runs a program inside the namespace of the given process."""
    return ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]


class Namespaces:
    """The namespace we came from and the new one, in which this thread stays."""

    def __init__(self) -> None:
        self._outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET))
        self._inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with socket.socket() as control:
            fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
            fcntl.ioctl(control, SIOCSIFADDR, _SECOND_ADDRESS)

    def socket(self, *, inside: bool) -> socket.socket:
        """A TCP socket of one side; a socket belongs for ever to where it was made."""
        if inside:
            return socket.socket()
        _check(_libc.setns(self._outside, CLONE_NEWNET))
        try:
            return socket.socket()
        finally:
            _check(_libc.setns(self._inside, CLONE_NEWNET))


async def forward(namespaces: Namespaces, port: int, *, into: bool) -> None:
    """Pass connections to 127.0.0.1:port of one side on to the same port of the other."""
    listener = namespaces.socket(inside=not into)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = await asyncio.start_server(
        partial(_join, namespaces, port, into), sock=listener, backlog=128
    )
    await server.serve_forever()


async def _join(
    namespaces: Namespaces,
    port: int,
    into: bool,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    onward = namespaces.socket(inside=into)
    onward.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(onward, ("127.0.0.1", port))
    except OSError:  # the server is down: its client sees the connection end
        onward.close()
        writer.close()
        return
    far_reader, far_writer = await asyncio.open_connection(sock=onward)
    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until the end, then close: Slurm's protocol never half-closes a connection."""
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


async def _serve(inner: int, outer: list[int], ready: Path) -> None:
    namespaces = Namespaces()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(forward(namespaces, inner, into=True))
        for port in outer:
            tasks.create_task(forward(namespaces, port, into=False))
        ready.touch()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[2]), [int(port) for port in sys.argv[3:]], Path(sys.argv[1])))
