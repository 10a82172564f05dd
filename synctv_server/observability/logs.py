"""Logging: one line per event, for people or as JSON, with the request id, without secrets, never blocking the loop.

Configured by `serve`, and again by a reload. A record is put into a bounded queue by whoever logs; a thread formats and
writes it. A queue that is full drops lines and counts them: a slow disk must not stop the pictures.
"""

from __future__ import annotations

import copy
import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
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


_Lines = queue.Queue[logging.LogRecord | None]


@dataclass(slots=True)
class _Losses:
    """Lines that found no place in the queue, and lines that the disk refused."""

    refused: int = 0
    unwritten: int = 0

    @property
    def total(self) -> int:
        return self.refused + self.unwritten


class LogPipeline:
    """The way from a logger to the stream or file; `dropped` counts the lines that it lost."""

    def __init__(self, section: ObservabilitySection, stream: TextIO) -> None:
        lines: _Lines = queue.Queue(QUEUE_LINES)
        self._stream = stream
        self._losses = _Losses()
        self._writer = _Writer(lines, _target(section, stream), self._losses)
        self.entrance = _Entrance(lines, self)

    @property
    def dropped(self) -> int:
        """Lines lost since the start."""
        return self._losses.total

    def count_refused(self) -> None:
        """Counts a line that found no place."""
        self._losses.refused += 1

    def start(self) -> None:
        """Starts the thread that writes."""
        self._writer.start()

    def turn(self, section: ObservabilitySection) -> None:
        """Goes on as `section` says, in a file that is opened anew. Waits for the line that is being written.

        Raises ConfigurationInvalid where the new place cannot be written; the old one stays in use then.
        """
        self._writer.turn(_target(section, self._stream))
        set_level(section.log_level)

    def stop(self) -> None:
        """Writes what waits, for a few seconds at most, and closes."""
        self._writer.stop()


@contextmanager
def configured(section: ObservabilitySection, *, stream: TextIO) -> Iterator[LogPipeline]:
    """Logging as the settings want it, for as long as the context lasts; afterwards it is as it was before.

    Raises ConfigurationInvalid where `observability.log_directory` cannot be written.
    """
    pipeline = LogPipeline(section, stream)
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    root.handlers[:] = [pipeline.entrance]
    set_level(section.log_level)
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


def turn(section: ObservabilitySection) -> None:
    """`LogPipeline.turn` for the present logging of this process, where it is ours. Blocks: call it in a thread."""
    for entrance in _entrances():
        entrance.pipeline.turn(section)


def set_level(level: str) -> None:
    """Least severity from now on, where the logging of this process is ours; without waiting for anything."""
    if _entrances():
        logging.getLogger().setLevel(level.upper())


def dropped_lines() -> int:
    """Lines that the present logging of this process has lost."""
    return sum(entrance.pipeline.dropped for entrance in _entrances())


def _entrances() -> list[_Entrance]:
    return [each for each in logging.getLogger().handlers if isinstance(each, _Entrance)]


class _Entrance(QueueHandler):
    """Runs where the line is logged: adds what only that task knows, and never waits."""

    def __init__(self, lines: _Lines, pipeline: LogPipeline) -> None:
        super().__init__(lines)
        self.pipeline = pipeline

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
            self.pipeline.count_refused()


class _Writer(QueueListener):
    """The thread that formats and writes. Its end waits for the queue, but not for a disk that is stuck."""

    def __init__(self, lines: _Lines, target: logging.Handler, losses: _Losses) -> None:
        super().__init__(lines)
        self._lines = lines
        self._target = target
        self._writing = threading.Lock()
        self._losses = losses
        self._told = 0

    def handle(self, record: logging.LogRecord) -> None:
        """Writes one line; what the disk refuses is lost and counted."""
        with self._writing:
            try:
                self._target.handle(record)
            except OSError:
                self._losses.unwritten += 1
            if self._lines.empty():
                self._tell_losses()

    def turn(self, target: logging.Handler) -> None:
        """Writes to `target` from now on."""
        with self._writing:
            old, self._target = self._target, target
            old.close()

    def stop(self) -> None:
        """Lets the thread finish the queue; gives up after `STOP_SECONDS`, as a stopping server must stop."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with suppress(queue.Full):
            self._lines.put(None, timeout=STOP_SECONDS)
        thread.join(STOP_SECONDS)
        if not thread.is_alive():
            self._tell_losses()
            self._target.close()

    def _tell_losses(self) -> None:
        """One line for all that were lost since the last such line, once there is room for it."""
        lost = self._losses.total - self._told
        if not lost:
            return
        text = "lines were lost before this one: the log could not be written fast enough, or not at all"
        line = logging.LogRecord(__name__, logging.WARNING, __file__, 0, f"{lost} {text}", None, None)
        with suppress(OSError):  # the next line tries again
            self._target.handle(line)
            self._told += lost


def _target(section: ObservabilitySection, stream: TextIO) -> logging.Handler:
    handler: logging.Handler
    is_terminal = False
    if section.log_directory is not None:
        handler = DailyFile(section.log_directory, section.log_keep_days)
    else:
        handler = logging.StreamHandler(stream)
        is_terminal = stream.isatty()
    handler.setFormatter(JsonLines() if section.log_format == "json" else PrettyLines(has_colour=is_terminal))
    return handler
