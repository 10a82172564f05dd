"""The operator's way in: the control socket, and the lock that says who works here."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from pathlib import Path

from synctv_server.config.places import LOCK_FILE_NAME
from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises


def path(premises: Premises) -> Verdict:
    """There is a place for the socket that is short enough for the system."""
    if premises.control_socket is None:
        raise NotExaminable("the configuration cannot be used")
    if not isinstance(premises.control_socket, Path):
        return ill(premises.control_socket.message, premises.control_socket.hint or "")
    return well(f"it is {premises.control_socket}")


def folder(premises: Premises) -> Verdict:
    """The folder of the socket is there and can be written."""
    premises.require_home()
    parent = _socket_path(premises).parent
    fix = "make the folder, or set server.control_socket to a path in one that this user may write"
    if not parent.is_dir():
        return ill(f"the folder of the control socket, {parent}, does not exist", fix)
    if not os.access(parent, os.W_OK | os.X_OK):
        return ill(f"the folder of the control socket, {parent}, cannot be written", fix)
    return well("its folder can be written")


def file(premises: Premises) -> Verdict:
    """What stands at the path is the socket of the running server, or nothing."""
    place = _socket_path(premises)
    if not os.path.lexists(place):
        if premises.server is None or not premises.server.local_url:
            return well("no server runs, and none has left a socket")
        return ill(
            f"the server runs, and its control socket {place} is gone: commands do not reach it",
            "start the server again",
        )
    if not stat.S_ISSOCK(place.lstat().st_mode):
        return ill(
            f"{place} is there and is no socket", "move it away, or set server.control_socket to another path"
        )
    if _answers(place):
        return well("a server answers on it")
    if premises.server is not None:
        return ill(f"the server runs and does not answer on {place}", "start the server again")
    return doubtful(
        f"{place} was left by a server that was killed",
        f"rm {place}",
        Cure(f"rm {place}", lambda: place.unlink(missing_ok=True)),
    )


def lock(premises: Premises) -> Verdict:
    """The lock file names nobody who does not hold it."""
    place = premises.data_dir / LOCK_FILE_NAME
    if not place.exists():
        return well("nobody works on the installation")
    with place.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return well("who is named in it holds it")
        if not opened.read(1):
            return well("nobody works on the installation")
    return doubtful(
        f"{place} names a process that was killed",
        "its log may say why; the lock itself is free, and whoever works here next takes it over",
    )


def _socket_path(premises: Premises) -> Path:
    if not isinstance(premises.control_socket, Path):
        raise NotExaminable("the control socket has no place")
    return premises.control_socket


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(place)) == 0


CHECKS = (
    Check("control.path", path),
    Check("control.folder", folder),
    Check("control.socket", file),
    Check("control.lock", lock),
)
