"""The log: that it can be written, and does not say more than it should for good."""

from __future__ import annotations

import os

from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises

_MIB = 1_024 * 1_024
_TAKEN_MOST = 1_024 * _MIB


def directory(premises: Premises) -> Verdict:
    """`observability.log_directory` is a folder that can be written, or can be made."""
    folder = premises.settings.observability.log_directory
    if folder is None:
        raise NotExaminable("the log goes to standard error")
    fix = "set observability.log_directory to a folder that this user may write, or leave it empty"
    present = next(path for path in (folder, *folder.parents) if path.exists())
    if not present.is_dir():
        return ill(f"the log cannot be written: {present} is no folder", fix)
    if not os.access(present, os.W_OK | os.X_OK):
        return ill(f"the log cannot be written: {present} is not writable", fix)
    return well(f"the log goes to {folder}")


def level(premises: Premises) -> Verdict:
    """The log is not left at `debug`."""
    if premises.settings.observability.log_level != "debug":
        return well(f"it logs at {premises.settings.observability.log_level}")
    return doubtful(
        "it logs at debug: much disk, and more of people than is needed",
        'set observability.log_level to "info" when the fault is found',
    )


def size(premises: Premises) -> Verdict:
    """The log files leave room for other things."""
    folder = premises.settings.observability.log_directory or premises.data_dir / "logs"
    taken = sum(path.lstat().st_size for path in folder.glob("*.log")) if folder.is_dir() else 0
    if taken <= _TAKEN_MOST:
        return well(f"its files take {taken // _MIB} MiB")
    return doubtful(
        f"the log files in {folder} take {taken // _MIB} MiB",
        "see what is logged so often; old files go by themselves",
    )


CHECKS = (Check("logs.directory", directory), Check("logs.level", level), Check("logs.size", size))
