"""Logging: one line per event, for people or as JSON, with the request id, without secrets, never blocking the loop.

Configured once by `supervisor`. A record is put into a bounded queue by whoever logs; a thread formats and writes it.
A queue that is full drops lines and counts them: a slow disk must not stop the pictures.
"""

from __future__ import annotations

import copy
import logging
import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from logging.handlers import QueueHandler, QueueListener
from typing import TextIO

from synctv_server.config.sections.observability import ObservabilitySection
from synctv_server.observability.log_files import DailyFile
from synctv_server.observability.log_format import JsonLines, PrettyLines

QUEUE_LINES = 10_000
STOP_SECONDS = 3.0
_CHATTY = ("httpx", "httpcore", "asyncio", "websockets", "uvicorn.access")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request, connection or job that the current task works for; stands on each of its lines."""


class LogPipeline:
    """The way from a logger to the stream or file; `dropped` counts the lines that it lost."""

    def __init__(self, section: ObservabilitySection, stream: TextIO) -> None:
        self._lines: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_LINES)
        target = _target(section, stream)
        self.entrance = _Entrance(self._lines)
        self._writer = _Writer(self._lines, target)
        self._target = target

    @property
    def dropped(self) -> int:
        """Lines lost since the start."""
        return self.entrance.dropped

    def start(self) -> None:
        """Starts the thread that writes."""
        self._writer.start()

    def stop(self) -> None:
        """Writes what waits, for a few seconds at most, and closes."""
        self._writer.stop()
        self._target.close()


@contextmanager
def configured(section: ObservabilitySection, *, stream: TextIO) -> Iterator[LogPipeline]:
    """Logging as the settings want it, for as long as the context lasts; afterwards it is as it was before."""
    pipeline = LogPipeline(section, stream)
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    root.handlers[:] = [pipeline.entrance]
    root.setLevel(section.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    pipeline.start()
    try:
        yield pipeline
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = before[0], before[1]
        pipeline.stop()


def dropped_lines() -> int:
    """Lines that the present logging of this process has lost."""
    return sum(each.dropped for each in logging.getLogger().handlers if isinstance(each, _Entrance))


class _Entrance(QueueHandler):
    """Runs where the line is logged: adds what only that task knows, and never waits."""

    def __init__(self, lines: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__(lines)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record with its text made, since the objects in it may change before the thread comes to it."""
        line = copy.copy(record)
        line.msg, line.args = record.getMessage(), None
        line.request_id = getattr(record, "request_id", None) or request_id.get()
        if line.exc_info:
            line.exc_text = logging.Formatter().formatException(line.exc_info)
            line.exc_info = None
        return line

    def enqueue(self, record: logging.LogRecord) -> None:
        """Takes the line, or counts it as lost."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class _Writer(QueueListener):
    """The thread that formats and writes. Its end waits for the queue, but not for a disk that is stuck."""

    def __init__(self, lines: queue.Queue[logging.LogRecord | None], target: logging.Handler) -> None:
        super().__init__(lines, target)
        self._lines = lines

    def stop(self) -> None:
        """Lets the thread finish the queue; gives up after `STOP_SECONDS`, as a stopping server must stop."""
        thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(queue.Full):
                self._lines.put(None, timeout=STOP_SECONDS)
            thread.join(STOP_SECONDS)


def _target(section: ObservabilitySection, stream: TextIO) -> logging.Handler:
    handler: logging.Handler
    is_terminal = False
    if section.log_directory is not None:
        handler = DailyFile(section.log_directory)
    else:
        handler = logging.StreamHandler(stream)
        is_terminal = stream.isatty()
    handler.setFormatter(JsonLines() if section.log_format == "json" else PrettyLines(has_colour=is_terminal))
    return handler
