"""What people may type: nothing that hides, reorders or breaks a line where one is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain import chat, rooms, sessions, text
from synctv_server.domain.errors import Invalid


@given(st.text(max_size=60))
def test_accepted_line_is_a_fixed_point_and_has_no_control_character(value: str) -> None:
    try:
        clean = text.one_line("name", value, longest=50)
    except Invalid:
        return
    assert text.one_line("name", clean, longest=50) == clean
    assert clean == unicodedata.normalize("NFC", clean).strip()
    assert len(clean.splitlines()) == 1
    assert 1 <= len(clean) <= 50
    assert not {unicodedata.category(c) for c in clean} & {"Cc", "Cs", "Co", "Zl", "Zp"}


@given(st.text(max_size=600))
def test_accepted_message_fits_and_can_be_seen(value: str) -> None:
    try:
        clean = chat.check_text(value)
    except Invalid:
        return
    assert 1 <= len(clean) <= chat.TEXT_LONGEST
    assert clean.encode()
    assert chat.check_text(clean) == clean


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\x00b",
        "a\x1b[31mb",
        "a\nb",
        "a\u2028b",
        "a\u0085b",
        "a\ud800b",
        "a\ue000b",
        "a\ufffeb",
        "a\U0001ffffb",
        "\u3164",
        "\u200d",
        "\u0301",
        "\u2800 \u3164",
    ],
)
def test_name_that_hides_or_deceives_is_invalid(value: str) -> None:
    for check in (rooms.check_name, sessions.check_guest_name):
        with pytest.raises(Invalid) as caught:
            check(value)
        assert caught.value.errors[0].field in ("name", "display_name")


@pytest.mark.parametrize(
    "value",
    ["Ann", "李小龙", "Ann & Ben’s room", "👩‍👩‍👧 family", "\U0001fae8 new emoji", "می‌خواهم", "Zoë", "á"],
)
def test_names_of_all_the_world_are_kept(value: str) -> None:
    assert rooms.check_name(value) == unicodedata.normalize("NFC", value)


def test_chat_keeps_its_lines_and_loses_the_space_around() -> None:
    assert chat.check_text("  one\n\ttwo \n") == "one\n\ttwo"


@pytest.mark.parametrize("length", [0, 501, 10_000])
def test_chat_of_no_or_too_many_characters_is_invalid(length: int) -> None:
    with pytest.raises(Invalid) as caught:
        chat.check_text("x" * length)
    assert str(length) in caught.value.message


def test_description_may_be_empty() -> None:
    assert rooms.check_description("") == ""


@pytest.mark.parametrize("most", [0, -1, rooms.MEMBERS_MOST + 1])
def test_capacity_out_of_bounds_names_its_setting(most: int) -> None:
    with pytest.raises(Invalid) as caught:
        rooms.RoomSettings().edited(rooms.SettingsEdit(max_members=most))
    assert caught.value.errors[0].field == "settings.max_members"
