"""The machine and the process: room on the disk, open files, the locale, the built client, the service's unit."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises

_MIB = 1_024 * 1_024
_SPACE_NEEDED = 50 * _MIB  # the ready probe fails below this, too (app/checks.py)
_SPACE_WANTED = 500 * _MIB
_INODES_WANTED = 500
_FILES_BESIDE = 500
"""Descriptors that a server uses beside those of its viewers: database, films, logs, requests."""
_UNIT = "systemd/{}/synctv.service"


def space(premises: Premises) -> Verdict:
    """There is room for the database to grow and to be copied."""
    free = shutil.disk_usage(_present(premises.data_dir)).free
    fix = "make room, or move the data directory to a larger disk"
    if free < _SPACE_NEEDED:
        return ill(f"the disk of the data directory has {free // _MIB} MiB left", fix)
    if free < _SPACE_WANTED:
        return doubtful(f"the disk of the data directory has {free // _MIB} MiB left", fix)
    return well(f"{free // _MIB} MiB are free")


def inodes(premises: Premises) -> Verdict:
    """There is room for more files."""
    facts = os.statvfs(_present(premises.data_dir))
    if facts.f_files == 0:  # some file systems have no such limit
        return well("this file system has no limit of files")
    if facts.f_favail < _INODES_WANTED:
        return doubtful(
            f"the disk of the data directory has room for {facts.f_favail} more files",
            "remove files on it: `df -i` counts them",
        )
    return well(f"there is room for {facts.f_favail} more files")


def temporary(premises: Premises) -> Verdict:
    """The folder for temporary files that the environment names can be used."""
    named = premises.environ.get("TMPDIR")
    try:
        with tempfile.TemporaryFile(dir=named):
            return well("temporary files can be made")
    except OSError as error:
        return ill(
            f"no temporary file can be made in {named or 'any usual place'}: {(error.strerror or 'error').lower()}",
            "let TMPDIR name a folder that this user may write, with room on its disk",
        )


def open_files(premises: Premises) -> Verdict:
    """The process may open as many files as `limits.connections_total` promises sockets."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = premises.settings.limits.connections_total + _FILES_BESIDE
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        return well("as many files may be open as the limits promise sockets")
    return doubtful(
        f"a process of this user may open {hard} files, and limits.connections_total promises "
        f"{wanted - _FILES_BESIDE} sockets",
        f"raise the limit (`LimitNOFILE={wanted}` of a unit, `ulimit -Hn`), or lower limits.connections_total",
    )


def encoding(premises: Premises) -> Verdict:  # noqa: ARG001  (a question to the process, not to the place)
    """Names of films and files are read as UTF-8."""
    name = sys.getfilesystemencoding()
    if name.lower().replace("-", "") == "utf8":
        return well("names of files are read as UTF-8")
    return ill(
        f"names of files are read as {name}: films with other letters cannot be found",
        "set LANG to C.UTF-8, and do not set PYTHONUTF8=0",
    )


def client(premises: Premises) -> Verdict:
    """The web client is in the program."""
    if (premises.client / "index.html").is_file():
        return well("the web client is built")
    return ill(
        f"there is no web client in {premises.client}: browsers get a page that says so",
        "install a released wheel, or run `make setup` in the checkout",
    )


def unit(premises: Premises) -> Verdict:
    """The unit of systemd starts a program that exists."""
    found = [path for path in _units(premises) if path.is_file()]
    if not found:
        raise NotExaminable("there is no unit of systemd")
    for path in found:
        program = _program(path, premises.environ.get("HOME", ""))
        if program is not None and not os.access(program, os.X_OK):
            return ill(
                f"{path} starts {program}, which is no program",
                "correct ExecStart, then `systemctl daemon-reload`",
            )
    return well(f"{found[0]} starts a program that exists")


def _present(folder: Path) -> Path:
    """The nearest folder that exists, which is on the same disk once the rest is made."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _units(premises: Premises) -> list[Path]:
    home = premises.environ.get("HOME", "/nonexistent")
    own = Path(premises.environ.get("XDG_CONFIG_HOME") or f"{home}/.config")
    return [Path("/etc") / _UNIT.format("system"), own / _UNIT.format("user")]


def _program(path: Path, home: str) -> Path | None:
    """The first word of `ExecStart`, without the marks before it (systemd.service(5))."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "ExecStart" and value.strip():
            return Path(value.split()[0].lstrip("@-:+!").replace("%h", home))
    return None


CHECKS = (
    Check("disk.space", space),
    Check("disk.files", inodes),
    Check("disk.temporary", temporary),
    Check("process.open_files", open_files),
    Check("process.encoding", encoding),
    Check("program.client", client),
    Check("service.unit", unit),
)
