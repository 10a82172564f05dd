"""Talk: sent once, in one order, by those who may; read backwards; deleted softly."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.chat import TEXT_LONGEST
from synctv_server.domain.commands import EditMember, SendChat
from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from synctv_server.domain.events import ChatDeleted, ChatSent
from synctv_server.domain.ids import MessageId
from synctv_server.domain.permissions import Permission
from synctv_server.domain.rooms import Room
from synctv_server.domain.sessions import Actor
from tests.services.conftest import Clock
from tests.support.house import House


async def test_message_is_kept_and_told_once(house: House, owner: Actor, room: Room, clock: Clock) -> None:
    watched = await house.watch(room)
    sent = await house.chat.send(owner, room.id, SendChat(text="  hello\nall  "))
    assert (sent.message.text, sent.message.author, sent.message.created_at) == (
        "hello\nall",
        room.owner,
        clock(),
    )
    assert sent.seq == watched[0].seq
    assert watched.changes == [ChatSent(sent.message)]
    assert (await house.chat.list_messages(owner, room.id)).items == (sent.message,)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (TEXT_LONGEST + 1), "x" * 10_000, "a\u202eb", "a\x00"])
async def test_bad_text_is_invalid(house: House, owner: Actor, room: Room, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        await house.chat.send(owner, room.id, SendChat(text=text))
    assert caught.value.errors[0].field == "text"


async def test_repeat_with_the_same_nonce_is_the_same_message(house: House, owner: Actor, room: Room) -> None:
    watched = await house.watch(room)
    wanted = SendChat(text="hello", nonce="n1")
    answers = await asyncio.gather(*(house.chat.send(owner, room.id, wanted) for _ in range(5)))
    assert len({answer.message.id for answer in answers}) == 1
    assert len(watched) == 1
    with pytest.raises(Conflict) as caught:
        await house.chat.send(owner, room.id, SendChat(text="other", nonce="n1"))
    assert caught.value.code == "chat.nonce"


async def test_nonce_belongs_to_its_author_and_room(house: House, owner: Actor, room: Room) -> None:
    ben, other = await house.member("ben", room), await house.room(owner)
    wanted = SendChat(text="hello", nonce="n1")
    sent = [
        await house.chat.send(owner, room.id, wanted),
        await house.chat.send(ben, room.id, wanted),
        await house.chat.send(owner, other.id, wanted),
    ]
    assert len({one.message.id for one in sent}) == 3


async def test_ids_order_messages_as_the_log_does(house: House, owner: Actor, room: Room) -> None:
    people = [await house.member(f"person{number}", room) for number in range(10)]
    watched = await house.watch(room)
    sent = await asyncio.gather(
        *(house.chat.send(people[n % 10], room.id, SendChat(text=str(n))) for n in range(50))
    )
    by_log = [change.message.id for change in watched.changes if isinstance(change, ChatSent)]
    assert by_log == sorted(by_log)
    assert {one.seq for one in sent} == {entry.seq for entry in watched}
    page = await house.chat.list_messages(owner, room.id, limit=30)
    rest = await house.chat.list_messages(owner, room.id, cursor=page.next_cursor, limit=30)
    listed = [message.id for message in (*page.items, *rest.items)]
    assert listed == by_log[::-1]
    assert rest.next_cursor is None


async def test_eleventh_message_of_a_second_is_refused(
    house: House, owner: Actor, room: Room, clock: Clock
) -> None:
    for number in range(10):
        await house.chat.send(owner, room.id, SendChat(text=str(number)))
        clock.moment += 10
    with pytest.raises(RateLimited) as caught:
        await house.chat.send(owner, room.id, SendChat(text="one too many"))
    assert caught.value.retry_after_seconds
    ben = await house.member("ben", room)
    await house.chat.send(ben, room.id, SendChat(text="another member"))
    clock.moment += 1_000
    await house.chat.send(owner, room.id, SendChat(text="later"))


async def test_answer_is_to_a_message_of_this_room(house: House, owner: Actor, room: Room) -> None:
    other = await house.room(owner)
    here = (await house.chat.send(owner, room.id, SendChat(text="question"))).message
    there = (await house.chat.send(owner, other.id, SendChat(text="elsewhere"))).message
    answer = await house.chat.send(owner, room.id, SendChat(text="answer", reply_to=here.id))
    assert answer.message.reply_to == here.id
    for reply_to in (there.id, MessageId("msg_none")):
        with pytest.raises(Invalid) as caught:
            await house.chat.send(owner, room.id, SendChat(text="answer", reply_to=reply_to))
        assert caught.value.errors[0].field == "reply_to"


async def test_own_message_is_deleted_and_that_of_another_only_with_permission(
    house: House, owner: Actor, room: Room
) -> None:
    ben, eve = await house.member("ben", room), await house.member("eve", room)
    mine = (await house.chat.send(ben, room.id, SendChat(text="oops"))).message
    other = (await house.chat.send(ben, room.id, SendChat(text="rude"))).message
    with pytest.raises(Forbidden):
        await house.chat.delete(eve, room.id, other.id)
    watched = await house.watch(room)
    await house.chat.delete(ben, room.id, mine.id)
    await house.chat.delete(ben, room.id, mine.id)
    await house.members.update(owner, room.id, eve.person(), EditMember(allow=Permission.DELETE_MESSAGES))
    await house.chat.delete(eve, room.id, other.id)
    assert [c for c in watched.changes if isinstance(c, ChatDeleted)] == [
        ChatDeleted(mine.id),
        ChatDeleted(other.id),
    ]
    listed = (await house.chat.list_messages(owner, room.id)).items
    assert [(message.deleted, message.text) for message in listed] == [(True, ""), (True, "")]
    with pytest.raises(NotFound):
        await house.chat.delete(owner, room.id, MessageId("msg_none"))


async def test_history_needs_its_permission_and_talk_its_own(house: House, owner: Actor, room: Room) -> None:
    ben = await house.member("ben", room)
    edit = EditMember(deny=Permission.VIEW_HISTORY | Permission.SEND_CHAT)
    await house.members.update(owner, room.id, ben.person(), edit)
    with pytest.raises(Forbidden):
        await house.chat.list_messages(ben, room.id)
    with pytest.raises(Forbidden):
        await house.chat.send(ben, room.id, SendChat(text="hello"))


async def test_guest_talks_under_its_name(house: House, room: Room) -> None:
    guest = await house.guest("Gast", room)
    assert (await house.chat.send(guest, room.id, SendChat(text="hello"))).message.author.name == "Gast"


async def test_cursor_that_is_none_is_invalid(house: House, owner: Actor, room: Room) -> None:
    with pytest.raises(Invalid) as caught:
        await house.chat.list_messages(owner, room.id, cursor="' OR 1=1 --")
    assert caught.value.errors[0].field == "cursor"
