"""The load tool itself, small: what it counts is what happened. No figure is held to a goal here."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.load.__main__ import main
from tests.load.findings import Finding, Outcome, Plot
from tests.load.plots import svg, ticks
from tests.load.readings import counted
from tests.load.report import Section, table, write
from tests.load.scenarios.soak import growth
from tests.load.seating import scene

ROOMS, VIEWERS = 2, 25
EVERYBODY = ROOMS * VIEWERS


def test_fifty_viewers_hear_everything_that_is_said_in_their_room(tmp_path: Path) -> None:
    with scene(tmp_path, rooms=ROOMS, viewers=VIEWERS) as stage:
        crowd = stage.viewers
        come = crowd.open(0, EVERYBODY)
        assert (come.open, come.refused) == (EVERYBODY, 0)
        crowd.beat(500)
        heard = crowd.rate(2, 10, step=VIEWERS, speakers=ROOMS)
        assert (heard.said, heard.expected, heard.deliveries) == (20, 20 * VIEWERS, 20 * VIEWERS)
        assert (heard.gaps, heard.errors) == (0, 0)
        crowd.stop(VIEWERS - 1)
        assert crowd.rounds(5, 1).deliveries == 5 * (VIEWERS - 1)
        crowd.go(VIEWERS - 1)
        crowd.drop(VIEWERS, VIEWERS)
        assert crowd.wait(0.5).open == VIEWERS
        assert crowd.open(VIEWERS, VIEWERS, at_once=VIEWERS).open == EVERYBODY
        assert counted(stage.server, "synctv_ws_messages_total") > heard.deliveries


def test_a_place_that_is_refused_is_counted_and_says_why(tmp_path: Path) -> None:
    limits = {"connections_per_room": 3, "connections_per_user": 3}
    with scene(tmp_path, viewers=4, of_a_person=2, limits=limits) as stage:
        come = stage.viewers.open(0, 4, at_once=1)
        assert (come.open, come.refused) == (3, 1)
        assert "room.full" in come.refusal
        with pytest.raises(SystemExit, match=r"room\.full"):
            come.require_whole("the small room")


def test_the_report_has_every_figure_its_goal_and_a_picture(tmp_path: Path) -> None:
    outcome = Outcome()
    outcome.found("p99 & more", 3.5, "ms", most=4)
    outcome.found("growth", 9, "MiB", most=2)
    outcome.plot_delays("A < B", {"one": [0.5] * 101, "other": list(range(101))})
    section = Section("storm", "What it does.", outcome, (0.5, 1.0))
    assert table(section).count("MISSED") == 1
    report = write(tmp_path, "python -m tests.load storm", [section])
    text = report.read_text()
    assert "| p99 & more | 3.50 ms | <= 4 |  |" in text
    assert "| growth | 9 MiB | <= 2 | missed |" in text
    [picture] = tmp_path.glob("*.svg")
    assert picture.name in text
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_a_plot_of_one_moment_is_a_picture_too() -> None:
    assert svg(Plot("empty", "x", "y", {"nothing yet": [(0.0, 0.0)]})).endswith("</svg>\n")
    assert ticks(100) == [0, 20, 40, 60, 80, 100]


def test_growth_compares_the_end_with_the_beginning() -> None:
    assert growth([1.0, 1.0, 5.0, 3.0, 3.0, 9.0]) == 5
    assert growth([4.0]) == 0
    assert not Finding("growth", 5, most=2).is_met


def test_an_unknown_scenario_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["strom"])
    assert "no scenario strom; there are joins, storm" in capsys.readouterr().err
