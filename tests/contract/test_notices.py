"""The contract of Notices, over every implementation."""

from __future__ import annotations

from synctv_server.cluster.notices import KeysChanged, MemberRemoved, Notice, Notices, Removal, SessionEnded
from synctv_server.domain.ids import RoomId, SessionId, UserId


async def test_everyone_who_follows_hears_every_notice_before_publish_returns(notices: Notices) -> None:
    first: list[Notice] = []
    second: list[Notice] = []
    notices.follow(first.append)
    notices.follow(second.append)
    told: list[Notice] = [
        SessionEnded((SessionId("ses_1"), SessionId("ses_2"))),
        MemberRemoved(RoomId("room_a"), UserId("usr_1"), Removal.KICKED),
        KeysChanged(),
    ]
    for notice in told:
        await notices.publish(notice)
    assert first == second == told


async def test_who_no_longer_follows_hears_nothing(notices: Notices) -> None:
    heard: list[Notice] = []
    unfollow = notices.follow(heard.append)
    unfollow()
    unfollow()
    await notices.publish(KeysChanged())
    assert heard == []
