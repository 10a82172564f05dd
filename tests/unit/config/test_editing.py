"""One value of the file changed, and every other line as it was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.config.editing import toml_value, with_value
from synctv_server.config.presentation import template
from synctv_server.config.settings import reference
from synctv_server.domain.errors import Conflict

SETTINGS = {each.name: each for each in reference()}
PORT = SETTINGS["server.port"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n[server]\nport = 1\n"),
        ("[server]\n", "[server]\nport = 1\n"),
        ("[server]\nport = 8080 # mine\nhost = 'x'\n", "[server]\nport = 1  # mine\nhost = 'x'\n"),
        ("[server]\n# port = 8080\n[auth]\n", "[server]\nport = 1\n[auth]\n"),
        ("[auth]\nport_not = 1\n", "[auth]\nport_not = 1\n\n[server]\nport = 1\n"),
        ("[server]\nhost = '#'", "[server]\nport = 1\nhost = '#'\n"),
    ],
)
def test_line_is_put_where_it_belongs(before: str, after: str) -> None:
    assert with_value(before, PORT, 1) == after


@pytest.mark.parametrize(
    "text", ["server.port = 8080\n", "[server]\nport = [\n 1,\n]\n", "server = {port = 1}\n"]
)
def test_file_that_is_written_in_another_way_is_left_alone(text: str) -> None:
    with pytest.raises(Conflict) as caught:
        with_value(text, PORT, 1)
    assert "port = 1" in (caught.value.hint or "")


@pytest.mark.parametrize("name", [each.name for each in reference() if not each.is_secret])
def test_every_setting_of_a_new_file_can_be_set_and_nothing_else_changes(name: str) -> None:
    setting = SETTINGS[name]
    changed = with_value(template(), setting, "a text")
    assert tomllib.loads(changed)[setting.section] == {setting.key: "a text"}
    assert len(changed.splitlines()) == len(template().splitlines())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_any_text_comes_back_as_it_was_given(text: str) -> None:
    setting = SETTINGS["server.public_url"]
    changed = with_value(template(), setting, toml_value(setting, text))
    assert tomllib.loads(changed)["server"]["public_url"] == text


def test_what_is_typed_is_read_as_the_setting_wants_it() -> None:
    assert toml_value(PORT, "9000") == 9000
    assert toml_value(SETTINGS["limits.enabled"], "false") is False
    assert toml_value(SETTINGS["auth.registration"], "open") == "open"
    assert toml_value(SETTINGS["server.public_url"], "1") == "1"
    assert toml_value(SETTINGS["server.trusted_proxies"], '["::1"]') == ["::1"]
