"""A log file per day, `synctv-2026-11-24.log`, turned at local midnight and kept for 14 days. Used by `logs`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

KEPT_DAYS = 14
_NAME = re.compile(r"synctv-(\d{4}-\d{2}-\d{2})\.log")


class DailyFile(logging.Handler):
    """Writes to the file of the day; it runs in the writing thread alone. `today` is the injected calendar."""

    def __init__(self, directory: Path, today: Callable[[], date] = date.today) -> None:
        super().__init__()
        self._directory = directory
        self._today = today
        self._day: date | None = None
        self._file: TextIO | None = None
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the line at once, so that a crash loses none that was taken."""
        try:
            file = self._file_of_today()
            file.write(f"{self.format(record)}\n")
            file.flush()
        except OSError:
            self.handleError(record)

    def close(self) -> None:
        """Closes the file of the day."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()

    def _file_of_today(self) -> TextIO:
        day = self._today()
        if self._file is None or day != self._day:
            if self._file is not None:
                self._file.close()
            path = self._directory / f"synctv-{day:%Y-%m-%d}.log"
            self._file = os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
            )
            self._day = day
            self._remove_old(day)
        return self._file

    def _remove_old(self, day: date) -> None:
        for path in self._directory.glob("synctv-*.log"):
            found = _NAME.fullmatch(path.name)
            if found and date.fromisoformat(found[1]) <= day - timedelta(days=KEPT_DAYS):
                path.unlink(missing_ok=True)
