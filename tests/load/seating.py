"""Rooms, people and seats, over HTTP. Guests are the cheapest honest people: one request each, and no password."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.crowd import MOMENT, Crowd, Seat, crowd
from tests.support.installed import Installed, installed

CONNECTIONS_OF_A_PERSON = 5
"""As `limits.connections_per_user` has it."""


def line(characters: int = 17) -> str:
    """A line of chat of this length, with room for the moment at which it is said."""
    text = f"T{MOMENT}".ljust(characters, "字")
    return json.dumps(
        {"type": "chat.send", "id": "1", "text": text}, ensure_ascii=False, separators=(",", ":")
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """A server, the people of its rooms, and the viewers who come. Viewers of one room sit side by side."""

    server: Installed
    viewers: Crowd
    seats: list[Seat]


def seated(
    server: Installed, rooms: int, viewers: int, *, of_a_person: int = CONNECTIONS_OF_A_PERSON
) -> list[Seat]:
    """Seats in so many new rooms, for so many viewers in each, where each person has up to `of_a_person` of them."""
    seats = []
    for number in range(rooms):
        count = -(-viewers // of_a_person)
        room = server.room(f"Room {number}", allow_guests=True, max_members=count + 1)
        people = [server.guest(room) for _ in range(count)]
        seats += [Seat(number, f"/api/v1/rooms/{room}/ws", people[n // of_a_person]) for n in range(viewers)]
    return seats


@contextmanager
def scene(
    folder: Path,
    *,
    rooms: int = 1,
    viewers: int,
    of_a_person: int = CONNECTIONS_OF_A_PERSON,
    limits: Mapping[str, int] | None = None,
    say: str | None = None,
) -> Iterator[Scene]:
    """A new server with these seats; nobody has come yet."""
    with installed(folder / "data", limits) as server:
        seats = seated(server, rooms, viewers, of_a_person=of_a_person)
        with crowd(folder, server.port, seats, say or line()) as come:
            yield Scene(server, come, seats)
