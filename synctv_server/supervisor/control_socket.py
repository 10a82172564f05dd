"""The Unix socket on which a running server answers its operator: where it is, and how it is opened.

Whoever may connect is the operator, so the file is for its owner alone (0600), and the server asks the kernel for
the uid at the other end.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synctv_server.domain.errors import ConfigurationInvalid, Conflict, Forbidden

PEER_EXTENSION = "synctv.peer"
"""Key in the scope's extensions under which the control application finds the uid and pid of its caller."""

_LONGEST_BYTES = 103  # macOS has room for 104 with the closing zero byte, Linux for 108
_BACKLOG = 128
_UCRED = struct.Struct("3i")


def control_socket_path(wanted: Path, environ: Mapping[str, str]) -> Path:
    """`wanted` (`server.control_socket`), or where that is too long for the system a name in `$XDG_RUNTIME_DIR`.

    Server and commands come to the same answer. Raises ConfigurationInvalid where there is no such place.
    """
    if len(os.fsencode(wanted)) <= _LONGEST_BYTES:
        return wanted
    runtime = environ.get("XDG_RUNTIME_DIR")
    if not runtime:
        raise ConfigurationInvalid(
            f"server.control_socket: {wanted} is longer than the {_LONGEST_BYTES} bytes that a socket may have",
            hint="Set server.control_socket to a short path like /run/synctv/control.sock, or XDG_RUNTIME_DIR.",
        )
    return Path(runtime) / f"synctv-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}.sock"


def bind_control_socket(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600. What a killed server left there is replaced.

    Raises Conflict where something lives at that path, Forbidden where it cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        _clear(path)
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Forbidden(
            f"the control socket {path} cannot be made: {(error.strerror or 'error').lower()}",
            hint="Set server.control_socket to a path in a folder that this user may write.",
        ) from error
    except Conflict:
        listener.close()
        raise
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener


def peer_of(connection: socket.socket) -> dict[str, int]:
    """The uid and pid at the other end. Without SO_PEERCRED (macOS) it is us: the file's mode lets nobody else in."""
    if not hasattr(socket, "SO_PEERCRED"):
        return {"uid": os.getuid(), "pid": 0}
    pid, uid, _gid = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return {"uid": uid, "pid": pid}


def with_peer(app: Any, peer: dict[str, int]) -> Any:
    """The ASGI application `app`, told that `peer` (uid, pid) calls it."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        extensions = {**scope.get("extensions", {}), PEER_EXTENSION: peer}
        await app({**scope, "extensions": extensions}, receive, send)

    return called


def _clear(path: Path) -> None:
    """Removes a socket that nobody listens on any more."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Conflict(
            f"{path} is there already and is no socket", hint="Set server.control_socket to another path."
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise Conflict(
                f"another server answers on {path}",
                hint="Stop it, or set server.control_socket to another path.",
            )
    path.unlink()
