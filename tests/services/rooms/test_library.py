"""The media folder: listed to who may add, read in pieces, and never left."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import pytest

from synctv_server.domain.commands import EditMember
from synctv_server.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from synctv_server.domain.media import MediaKind
from synctv_server.domain.permissions import Permission
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.services.library import CHUNK_BYTES, OpenFile
from tests.support.house import House


def open_films(folder: Path) -> list[Path]:
    """The files of a folder that this process holds open; others it may open and close meanwhile."""
    held = []
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the one that lists them is gone by now
            held.append(descriptor.readlink())
    return [path for path in held if folder.resolve() in path.parents]


async def content(opened: OpenFile, *span: int) -> bytes:
    return b"".join([piece async for piece in opened.chunks(*span)])


async def test_folder_lists_folders_and_playable_files_by_name(
    house: House, owner: Actor, room: Room, folder: Path
) -> None:
    for name in (
        "b.MP4",
        "A.webm",
        "song.flac",
        "notes.txt",
        ".hidden.mp4",
        "bad\nname.mp4",
        "back\\slash.mp4",
    ):
        (folder / name).write_bytes(b"x" * 10)
    for name in ("series", ".secret"):
        (folder / name).mkdir()
    os.mkfifo(folder / "pipe.mp4")
    page = await house.library.browse(owner)
    assert [(entry.name, entry.kind) for entry in page.items] == [
        ("series", None),
        ("A.webm", MediaKind.VIDEO),
        ("b.MP4", MediaKind.VIDEO),
        ("song.flac", MediaKind.AUDIO),
    ]
    assert page.items[1].size_bytes == 10
    assert page.items[1].url == "library:A.webm"
    assert page.next_cursor is None


async def test_long_folder_comes_in_pages(house: House, owner: Actor, room: Room, folder: Path) -> None:
    (folder / "films").mkdir()
    for number in range(25):
        (folder / "films" / f"{number:02}.mp4").write_bytes(b"")
    names: list[str] = []
    cursor = None
    while True:
        page = await house.library.browse(owner, "films", cursor=cursor, limit=10)
        names += [entry.path for entry in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert names == [f"films/{number:02}.mp4" for number in range(25)]


async def test_library_is_shown_to_accounts_that_may_add_somewhere(
    house: House, owner: Actor, room: Room
) -> None:
    ben, guest = await house.member("ben", room), await house.guest("Gast", room)
    await house.library.browse(ben)
    await house.library.browse(Actor(ActorKind.OPERATOR, "operator", uid=0))
    await house.members.update(owner, room.id, ben.person(), EditMember(deny=Permission.ADD_MEDIA))
    await house.members.update(owner, room.id, guest.person(), EditMember(allow=Permission.ADD_MEDIA))
    for actor in (ben, guest, await house.person("stan")):
        with pytest.raises(Forbidden):
            await house.library.browse(actor)


async def test_media_folder_that_is_not_there_is_empty(
    house: House, owner: Actor, room: Room, folder: Path
) -> None:
    shutil.rmtree(folder)
    assert (await house.library.browse(owner)).items == ()
    with pytest.raises(NotFound):
        await house.library.browse(owner, "films")
    with pytest.raises(NotFound):
        await house.library.open("a.mp4")


@pytest.mark.parametrize("path", ["..", "../media", "/etc", "a/../..", "a\x00", "a\\b", ".secret"])
async def test_path_that_leads_out_is_invalid(house: House, owner: Actor, room: Room, path: str) -> None:
    with pytest.raises(Invalid):
        await house.library.browse(owner, path)
    for read in (house.library.open, house.library.probe):
        with pytest.raises(Invalid):
            await read(f"{path}/a.mp4")


async def test_symbolic_link_is_neither_listed_nor_followed(
    house: House, owner: Actor, room: Room, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(b"secret")
    (folder / "link.mp4").symlink_to(outside / "secret.mp4")
    (folder / "way").symlink_to(outside)
    assert (await house.library.browse(owner)).items == ()
    for path in ("link.mp4", "way/secret.mp4"):
        with pytest.raises(NotFound):
            await house.library.open(path)
    with pytest.raises(NotFound):
        await house.library.browse(owner, "way")


async def test_folder_that_is_swapped_for_a_link_in_between_leads_nowhere(
    house: House, folder: Path, tmp_path: Path
) -> None:
    """Whatever the moment of the swap, what is read is a file of the folder or nothing."""
    outside = tmp_path / "outside"
    for place, text in ((outside, b"secret"), (folder / "films", b"film")):
        place.mkdir()
        (place / "a.mp4").write_bytes(text)
    aside, films = folder / "aside", folder / "films"
    done = asyncio.Event()

    def swap() -> None:
        for _ in range(300):
            films.rename(aside)
            films.symlink_to(outside)
            films.unlink()
            aside.rename(films)

    async def read() -> set[bytes]:
        seen = set()
        while not done.is_set():
            try:
                seen.add(await content(await house.library.open("films/a.mp4")))
            except NotFound:
                continue
        return seen

    reading = asyncio.create_task(read())
    await asyncio.to_thread(swap)
    done.set()
    assert b"secret" not in await reading


async def test_file_tells_size_and_type_and_gives_any_span(house: House, folder: Path) -> None:
    data = bytes(range(256)) * 4_096
    (folder / "a.mp4").write_bytes(data)
    opened = await house.library.open("a.mp4")
    assert (opened.size_bytes, opened.content_type) == (len(data), "video/mp4")
    assert opened.etag.startswith('"')
    assert await content(opened) == data
    for offset, length in ((0, 1), (1_000, CHUNK_BYTES + 1), (len(data) - 3, 100), (len(data), 5)):
        assert (
            await content(await house.library.open("a.mp4"), offset, length) == data[offset : offset + length]
        )


async def test_etag_changes_with_the_file(house: House, folder: Path) -> None:
    (folder / "a.mp4").write_bytes(b"one")
    async with await house.library.open("a.mp4") as first:
        pass
    (folder / "a.mp4").write_bytes(b"other")
    async with await house.library.open("a.mp4") as second:
        assert second.etag != first.etag


@pytest.mark.parametrize("name", ["notes.txt", "folder.mp4", "pipe.mp4", "missing.mp4"])
async def test_only_playable_files_are_opened(house: House, folder: Path, name: str) -> None:
    (folder / "notes.txt").write_bytes(b"x")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    with pytest.raises(NotFound):
        await house.library.open(name)


async def test_descriptor_is_closed_in_every_case(house: House, folder: Path) -> None:
    (folder / "a.mp4").write_bytes(b"x" * (3 * CHUNK_BYTES))
    await content(await house.library.open("a.mp4"))

    stopped = (await house.library.open("a.mp4")).chunks()
    await anext(stopped)
    assert isinstance(stopped, AsyncGenerator)
    await stopped.aclose()

    reading = asyncio.create_task(content(await house.library.open("a.mp4")))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])

    opening = asyncio.create_task(house.library.open("a.mp4"))
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait([opening])

    forgotten = await house.library.open("a.mp4")
    del forgotten, opening, reading, stopped
    house.library.close()  # waits for the reads that were cut off
    await asyncio.sleep(0)
    gc.collect()
    assert open_films(folder) == []


async def test_closed_file_reads_no_more(house: House, folder: Path) -> None:
    (folder / "a.mp4").write_bytes(b"x")
    opened = await house.library.open("a.mp4")
    opened.close()
    opened.close()
    with pytest.raises(Unavailable):
        await content(opened)


async def test_file_that_shrinks_while_it_is_read_is_an_error_and_no_short_answer(
    house: House, folder: Path
) -> None:
    path = folder / "a.mp4"
    path.write_bytes(b"x" * (2 * CHUNK_BYTES))
    chunks = (await house.library.open("a.mp4")).chunks()
    await anext(chunks)
    os.truncate(path, CHUNK_BYTES)
    with pytest.raises(Unavailable):
        await anext(chunks)


async def test_film_of_five_gigabytes_is_read_without_a_rise_in_memory(house: House, folder: Path) -> None:
    size, part = 5 * 1_024**3, 200 * 1_024**2
    with (folder / "long.mp4").open("wb") as file:
        file.truncate(size)
    before = peak_bytes()
    for offset in (0, size // 2, size - part):
        opened = await house.library.open("long.mp4")
        assert sum([len(piece) async for piece in opened.chunks(offset, part)]) == part
    assert peak_bytes() - before < 32 * 1_024**2


def peak_bytes() -> int:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1_024
