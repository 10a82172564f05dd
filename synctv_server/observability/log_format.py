"""How a log line looks: for people, or one JSON object. Used by the writing thread of `logs`."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from synctv_server.observability.redaction import redact, redact_field

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id", "taskName"}
_COLOURS = {"DEBUG": "\033[2m", "WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[1;31m"}
_RESET = "\033[0m"


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "message", "request_id"?, …extra, "exception"?}`, one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without a line break inside."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1_000:03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id := getattr(record, "request_id", None):
            line["request_id"] = request_id
        line.update(_extra(record))
        if record.exc_text:
            line["exception"] = redact(record.exc_text)
        return json.dumps(line, ensure_ascii=False, default=str)


class PrettyLines(logging.Formatter):
    """`12:00:00.123 INFO  logger: message  key=value`, with the traceback below where there is one."""

    def __init__(self, *, has_colour: bool) -> None:
        super().__init__()
        self._has_colour = has_colour

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever visitors typed: control characters are escaped. Local time."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        head = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1_000:03d} {record.levelname:<7}"
        if self._has_colour and record.levelname in _COLOURS:
            head = f"{_COLOURS[record.levelname]}{head}{_RESET}"
        fields = dict(_extra(record))
        if request_id := getattr(record, "request_id", None):
            fields["request_id"] = request_id
        tail = "".join(f"  {name}={_printable(str(value))}" for name, value in fields.items())
        line = f"{head} {record.name}: {_printable(redact(record.getMessage()))}{tail}"
        return f"{line}\n{redact(record.exc_text)}" if record.exc_text else line


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: redact_field(name, value)
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def _printable(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
