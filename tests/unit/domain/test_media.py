"""Addresses, library paths, titles and places of what can be watched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain import media
from synctv_server.domain.errors import Invalid, NotFound
from synctv_server.domain.ids import MediaId, RoomId, UserId
from synctv_server.domain.media import MediaItem, MediaKind
from synctv_server.domain.sessions import Person

ANN = Person(UserId("usr_ann"), "ann")


def an_item(name: str, place: float = 0.0) -> MediaItem:
    return MediaItem(
        MediaId(name), RoomId("room_1"), name, "https://example.org/a.mp4", MediaKind.VIDEO, ANN, 0, place
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/film.mp4",
        "http://192.168.1.2:8080/a%20b.webm?token=x#t=1",
        "https://[2001:db8::1]/live/index.m3u8",
        "https://例え.jp/映画.mp4",
        "library:films/The night.mp4",
        "library:e\u0301te\u0301.mp4",
    ],
)
def test_address_of_a_film_is_kept_as_it_is(url: str) -> None:
    assert media.check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "film.mp4",
        "ftp://example.org/a.mp4",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:video/mp4;base64,AAAA",
        "https://",
        "https:///path",
        "https://ann:secret@example.org/a.mp4",
        "https://example.org:99999/a.mp4",
        "https://exa mple.org/a.mp4",
        "https://good.example\\@evil.example/a.mp4",
        "http://[::1/a.mp4",
        "https://example.org/a\nb.mp4",
        "https://example.org/" + "a" * 5_000,
    ],
)
def test_address_that_no_browser_should_play_is_invalid(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        media.check_url(url)
    assert caught.value.errors[0].field == "url"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret.mp4",
        "films/../../secret.mp4",
        "films/..",
        "./a.mp4",
        "films//a.mp4",
        "films/",
        "films\\a.mp4",
        "a\x00.mp4",
        "a\n.mp4",
        ".hidden/a.mp4",
        "films/.a.mp4",
        "a\udc80.mp4",
        "a" * 5_000,
    ],
)
def test_library_path_outside_or_hidden_is_invalid(path: str) -> None:
    with pytest.raises(Invalid):
        media.check_url(media.LIBRARY_SCHEME + path)


@given(st.text(max_size=40))
def test_accepted_library_path_never_leaves_its_folder(path: str) -> None:
    try:
        clean = media.check_library_path("path", path)
    except Invalid:
        return
    assert clean == path
    assert not path.startswith("/")
    assert all(part and not part.startswith(".") for part in path.split("/"))
    assert "\\" not in path
    assert path.encode()


@given(st.text(max_size=300))
def test_every_accepted_address_has_a_title_that_may_be_shown(rest: str) -> None:
    for url in ("https://example.org/" + rest, media.LIBRARY_SCHEME + rest):
        try:
            clean = media.check_url(url)
        except Invalid:
            continue
        title = media.title_of(clean)
        assert media.check_title(title) == title


def test_title_is_the_name_of_the_file() -> None:
    assert media.title_of("https://example.org/films/The_long%20night.mp4?x=1") == "The long night"
    assert media.title_of("library:films/night.mp4") == "night"
    assert media.title_of("https://example.org/") == "example.org"
    assert media.title_of("https://example.org/%E2%80%AE%00") == "example.org"
    assert media.title_of("library:\u200f\u200f.mp4") == "video"


def test_kind_is_audio_by_the_ending_alone() -> None:
    assert media.kind_of("library:songs/a.FLAC") is MediaKind.AUDIO
    assert media.kind_of("https://example.org/a.mp3?download=1") is MediaKind.AUDIO
    assert media.kind_of("https://example.org/watch?v=1") is MediaKind.VIDEO


def test_neighbour_follows_the_list_and_ends_with_it() -> None:
    items = [an_item("a"), an_item("b"), an_item("c")]
    assert media.neighbour(items, MediaId("a"), 1).id == "b"
    assert media.neighbour(items, MediaId("c"), -1).id == "b"
    assert media.neighbour(items, None, 1).id == "a"
    assert media.neighbour(items, MediaId("gone"), -1).id == "a"
    for current, step in (("c", 1), ("a", -1)):
        with pytest.raises(NotFound):
            media.neighbour(items, MediaId(current), step)
    with pytest.raises(NotFound):
        media.neighbour([], None, 1)


places = st.floats(-1e9, 1e9)


@given(places, places)
def test_place_between_two_lies_strictly_between_or_there_is_none(one: float, other: float) -> None:
    low, high = sorted((one, other))
    place = media.place_between(low, high)
    assert place is None or low < place < high


@given(places)
def test_there_is_always_a_place_at_the_ends(place: float) -> None:
    before, after = media.place_between(None, place), media.place_between(place, None)
    assert before is not None
    assert after is not None
    assert before < place < after
    assert media.place_between(None, None) == 0.0


def test_places_between_two_neighbours_run_out_and_say_so() -> None:
    low, high, count = 0.0, 1.0, 0
    while (place := media.place_between(low, high)) is not None:
        high, count = place, count + 1
        assert count < 2_000
    assert count > 40
