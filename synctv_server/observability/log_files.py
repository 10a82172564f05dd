"""A log file per day, `synctv-2026-11-24.log`, turned at local midnight; the old ones go. Used by `logs`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from synctv_server.domain.errors import ConfigurationInvalid

_NAME = re.compile(r"synctv-(\d{4}-\d{2}-\d{2})\.log")


class DailyFile(logging.Handler):
    """Writes to the file of the day; it runs in the writing thread alone. `today` is the injected calendar.

    Raises ConfigurationInvalid where the file of today cannot be opened.
    """

    def __init__(self, directory: Path, kept_days: int, today: Callable[[], date] = date.today) -> None:
        super().__init__()
        self._directory = directory
        self._kept_days = kept_days
        self._today = today
        self._day = today()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file: int | None = self._opened()
        except OSError as error:
            raise ConfigurationInvalid(
                f"observability.log_directory: {error.filename} cannot be written: "
                f"{(error.strerror or 'error').lower()}",
                hint="Name a folder that this user may write, or leave it empty for standard error.",
            ) from error
        self._remove_old()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the line at once, so that a crash loses none that was taken. Raises OSError on a full disk."""
        line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        file = self._file_of_today()
        while line:
            line = line[os.write(file, line) :]

    def close(self) -> None:
        """Closes the file of the day."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        super().close()

    def _file_of_today(self) -> int:
        day = self._today()
        if self._file is not None and day == self._day:
            return self._file
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._day = day
        self._file = self._opened()
        self._remove_old()
        return self._file

    def _opened(self) -> int:
        path = self._directory / f"synctv-{self._day:%Y-%m-%d}.log"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _remove_old(self) -> None:
        for path in self._directory.glob("synctv-*.log"):
            found = _NAME.fullmatch(path.name)
            if found and date.fromisoformat(found[1]) <= self._day - timedelta(days=self._kept_days):
                path.unlink(missing_ok=True)
