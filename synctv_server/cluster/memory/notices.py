"""Notices in this process: a plain call to everyone who listens."""

from __future__ import annotations

from collections.abc import Callable

from synctv_server.cluster.notices import Hear, Notice


class MemoryNotices:
    """Followers hear in the order in which they came."""

    def __init__(self) -> None:
        self._followers: dict[object, Hear] = {}

    async def publish(self, notice: Notice) -> None:
        for hear in tuple(self._followers.values()):
            hear(notice)

    def follow(self, hear: Hear) -> Callable[[], None]:
        key = object()
        self._followers[key] = hear

        def unfollow() -> None:
            self._followers.pop(key, None)

        return unfollow
