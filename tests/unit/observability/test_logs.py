"""What comes out of the log: shape, request ids, escaping, files, and what happens when it cannot keep up."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from synctv_server.config.sections.observability import ObservabilitySection
from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.observability import logs
from synctv_server.observability.log_files import DailyFile
from synctv_server.observability.metrics import Metrics
from tests.support.waiting import eventually

TODAY = f"synctv-{date.today():%Y-%m-%d}.log"  # noqa: DTZ011 — local midnight is meant
log = logging.getLogger("synctv_server.test")


def written(section: ObservabilitySection, line: str, **arguments: object) -> str:
    stream = io.StringIO()
    with logs.configured(section, stream=stream):
        log.warning(line, extra=arguments)
    return stream.getvalue()


@pytest.fixture
def in_request() -> Iterator[str]:
    token = logs.request_id.set("req-1")
    yield "req-1"
    logs.request_id.reset(token)


def test_json_line_is_one_object_with_request_id_and_fields(in_request: str) -> None:
    line = json.loads(written(ObservabilitySection(log_format="json"), "a film", room_id="room_1"))
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "synctv_server.test",
        "message": "a film",
        "request_id": in_request,
        "room_id": "room_1",
    }


def test_pretty_line_cannot_be_broken_by_what_a_visitor_typed() -> None:
    out = written(ObservabilitySection(), "name\nERROR forged\x1b[31m", user_agent="a\r\nb")
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert "name\\nERROR forged\\x1b[31m" in out


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_secrets_are_hidden_in_message_field_and_traceback(log_format: str) -> None:
    stream = io.StringIO()
    with logs.configured(ObservabilitySection.model_validate({"log_format": log_format}), stream=stream):
        try:
            int("password=canary")
        except ValueError:
            log.exception("token=%s", "canary", extra={"secret": "canary"})
    assert "ValueError" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    with logs.configured(ObservabilitySection(log_level="error"), stream=stream):
        log.warning("not this")
        log.error("this")
    assert "not this" not in stream.getvalue()
    assert "this" in stream.getvalue()


def test_logging_never_waits_for_a_stream_that_is_stuck() -> None:
    class Stuck(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.released = threading.Event()

        def write(self, text: str) -> int:
            self.released.wait(30)
            return super().write(text)

    stream = Stuck()
    metrics = Metrics()
    with logs.configured(ObservabilitySection(), stream=stream) as pipeline:
        for number in range(logs.QUEUE_LINES + 500):
            log.warning("line %d", number)
        lost = pipeline.dropped
        assert f"synctv_log_lines_dropped_total {lost}.0".encode() in metrics.render()
        stream.released.set()
    assert 498 <= lost <= 500
    *written_lines, told = stream.getvalue().splitlines()
    assert len(written_lines) + lost == logs.QUEUE_LINES + 500
    assert f"{lost} lines were lost before this one" in told


def test_root_logger_is_as_before_afterwards() -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    written(ObservabilitySection(log_level="debug"), "x")
    assert (list(root.handlers), root.level) == before


def test_log_directory_gets_a_private_file_of_the_day(tmp_path: Path) -> None:
    assert written(ObservabilitySection(log_directory=tmp_path / "logs"), "a film") == ""
    [file] = (tmp_path / "logs").iterdir()
    assert file.name == TODAY
    assert "a film" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_file_turns_at_midnight_and_old_ones_go(tmp_path: Path) -> None:
    day = date(2026, 2, 27)
    today = [day]
    handler = DailyFile(tmp_path, 14, today=lambda: today[0])
    for offset in range(17):
        today[0] = day + timedelta(days=offset)
        handler.emit(logging.makeLogRecord({"msg": f"day {offset}"}))
    handler.close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 14
    assert kept[-1] == "synctv-2026-03-15.log"
    assert (tmp_path / kept[-1]).read_text() == "day 16\n"


def test_folder_that_cannot_be_written_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationInvalid, match=r"observability\.log_directory"):
        DailyFile(tmp_path / "file" / "logs", 14)


async def test_lines_that_a_full_disk_refuses_are_counted_and_told_when_there_is_room(tmp_path: Path) -> None:
    section = ObservabilitySection(log_directory=tmp_path)
    today = tmp_path / TODAY
    today.symlink_to("/dev/full")
    with logs.configured(section, stream=io.StringIO()) as pipeline:
        log.warning("one")
        log.warning("two")
        await eventually(lambda: pipeline.dropped == 2)
        today.unlink()
        logs.turn(section)
        log.warning("three")
    three, told = today.read_text().splitlines()
    assert three.endswith("three")
    assert "2 lines were lost before this one" in told


async def test_turned_log_goes_on_in_the_new_place_with_the_new_level_and_format(tmp_path: Path) -> None:
    stream = io.StringIO()
    with logs.configured(ObservabilitySection(log_level="error"), stream=stream):
        log.error("to the stream")
        await eventually(lambda: "to the stream" in stream.getvalue())
        logs.turn(ObservabilitySection(log_directory=tmp_path, log_format="json", log_level="debug"))
        log.debug("to the file")
    assert json.loads((tmp_path / TODAY).read_text())["message"] == "to the file"


async def test_file_that_was_moved_away_is_opened_anew_by_a_turn(tmp_path: Path) -> None:
    section = ObservabilitySection(log_directory=tmp_path)
    with logs.configured(section, stream=io.StringIO()):
        log.warning("before")
        file = tmp_path / TODAY
        await eventually(lambda: "before" in file.read_text())
        moved = file.rename(tmp_path / "moved")
        logs.turn(section)
        log.warning("after")
    assert "after" in file.read_text()
    assert "after" not in moved.read_text()


def test_place_that_cannot_be_written_keeps_the_old_one(tmp_path: Path) -> None:
    stream = io.StringIO()
    (tmp_path / "file").touch()
    with logs.configured(ObservabilitySection(), stream=stream):
        with pytest.raises(ConfigurationInvalid):
            logs.turn(ObservabilitySection(log_directory=tmp_path / "file", log_level="error"))
        log.warning("still here")
    assert "still here" in stream.getvalue()
