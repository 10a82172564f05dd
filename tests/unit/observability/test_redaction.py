"""Planted secrets do not come through the last gate; ordinary lines stay as they are."""

from __future__ import annotations

import pytest

from synctv_server.observability.redaction import redact, redact_field

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "line",
    [
        f"refused {JWT} of somebody",
        "Authorization: Bearer canary-canary-canary",
        "sent 'Basic canary+canary/=='",
        "password=canary",
        '{"password": "canary", "username": "anna"}',
        "{'refresh_token': 'canary'}",
        "SYNCTV__KEYS__MASTER_KEY=canary",
        "connecting to postgresql://synctv:canary@db.example.org/synctv",
        "GET /api/v1/rooms/room_1/ws?ticket=canary&resume=3 101",
        "fetched https://films.example.org/a.mp4?signature=canary&expires=1",
        "open http://127.0.0.1:8080/setup#canary",
        "open https://tv.example.org/recover#canary",
        "Set-Cookie: synctv_refresh=canary; HttpOnly",
        "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_planted_secret_is_hidden(line: str) -> None:
    hidden = redact(line)
    assert "canary" not in hidden
    assert JWT not in hidden


@pytest.mark.parametrize(
    "line",
    [
        "GET /api/v1/rooms/room_1/media 200 in 3.2 ms",
        "listening on http://127.0.0.1:8080",
        "anna (usr_01) joined room_01: what a film?",
        "is it ready? yes",
        "https://example.org/a/b.mp4#t=10",
    ],
)
def test_ordinary_line_stays_as_it_is(line: str) -> None:
    assert redact(line) == line


def test_field_with_a_secret_name_is_hidden_whole() -> None:
    assert redact_field("new_password", "canary canary") == "[hidden]"
    assert redact_field("setup_token", 7) == "[hidden]"
    assert redact_field("room_id", "room_1") == "room_1"
    assert redact_field("duration_ms", 3) == 3
