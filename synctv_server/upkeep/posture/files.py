"""What of the installation others on this machine can read or change, or come by over the network."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from synctv_server.upkeep.guarded import GUARDED, Guarded, is_writable_by_others, mode_of, with_modes
from synctv_server.upkeep.posture.finding import Rule, Seen, Severity, Weakness
from synctv_server.upkeep.premises import NotExaminable, Premises


def _on(guarded: Guarded) -> Callable[[Premises], Seen]:
    def loose(premises: Premises) -> Seen:
        try:
            paths = guarded.loose(premises)
        except NotExaminable:  # what is not there is read by nobody
            return []
        if not paths:
            return []
        is_written = any(is_writable_by_others(path) for path in paths)
        severity: Severity = "high" if is_written and guarded.stake != "critical" else guarded.stake
        fix = f"chmod go= {' '.join(str(path) for path in paths)}; `synctv doctor --fix` does it"
        message = f"others on this machine may use the {guarded.name}: {with_modes(paths)}"
        return [Weakness(severity, message, fix, str(paths[0]))]

    return loose


def control_folder(premises: Premises) -> Seen:
    """Nobody else can put another socket in the place of ours."""
    if not isinstance(premises.control_socket, Path) or not premises.control_socket.parent.is_dir():
        return []
    folder = premises.control_socket.parent
    if folder == premises.data_dir or not is_writable_by_others(
        folder
    ):  # of the data directory there is a rule
        return []
    is_sticky = bool(mode_of(folder) & stat.S_ISVTX)
    return [
        Weakness(
            "medium" if is_sticky else "high",
            f"others may write to {folder}, and put a socket of their own in the place of the control socket",
            "set server.control_socket to a path in a folder of this user alone",
            "server.control_socket",
        )
    ]


def library(premises: Premises) -> Seen:
    """The folder of films holds films, not the installation."""
    folder = premises.settings.media.library
    if not premises.data_dir.resolve().is_relative_to(folder.resolve()):
        return []
    return [
        Weakness(
            "high",
            f"media.library is {folder}, in which the data directory lies: rooms list and play from all of it",
            "set media.library to a folder that holds films alone",
            "media.library",
        )
    ]


def films(premises: Premises) -> Seen:
    """Not everybody on this machine decides what is played."""
    folder = premises.settings.media.library
    if not folder.is_dir() or not mode_of(folder) & stat.S_IWOTH:
        return []
    return [
        Weakness(
            "medium",
            f"everybody on this machine may put films into {folder}",
            f"chmod o-w {folder}",
            str(folder),
        )
    ]


RULES = (
    *(Rule(guarded.id, f"Nobody else uses the {guarded.name}.", _on(guarded)) for guarded in GUARDED),
    Rule("control.folder", "Nobody else writes to the folder of the control socket.", control_folder),
    Rule("media.library", "The folder of films holds films alone.", library),
    Rule("media.mode", "Not everybody may put films into the library.", films),
)
