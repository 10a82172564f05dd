"""`/rooms/{room_id}/playback`: the one state of the room, and the commands that change it."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from synctv_server.api.call import Call
from synctv_server.api.http.etags import tagged
from synctv_server.domain.commands import Load, Pause, Play, PlaybackCommand, Rate, Seek, Step
from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.realtime.wire import PlaybackObject, playback_object


class PlayBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Seconds into the item, and the revision that the command rests on; both may be left out."""

    position: float | None = None
    if_revision: int | None = None


class SeekBody(Struct, forbid_unknown_fields=True, kw_only=True):
    position: float
    if_revision: int | None = None


class RateBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Speed, 0.25 to 4."""

    rate: float
    if_revision: int | None = None


class LoadBody(Struct, forbid_unknown_fields=True, kw_only=True):
    media_id: str
    position: float = 0.0
    playing: bool = True
    if_revision: int | None = None


class StepBody(Struct, forbid_unknown_fields=True, kw_only=True):
    if_revision: int | None = None


class PlaybackController(Controller):
    """Where a command changes nothing, the answer is the present state."""

    path = "/rooms/{room_id:str}/playback"
    tags = ("playback",)

    @get("/", operation_id="getPlayback", summary="Where the picture stands")
    async def show(self, request: Call, room_id: FromPath[str]) -> Response[PlaybackObject]:
        state = await request.parts.playback.state(request.actor, RoomId(room_id))
        return tagged(playback_object(state), state.revision)

    @post("/play", operation_id="play", summary="Play", status_code=200)
    async def play(
        self, request: Call, room_id: FromPath[str], data: JSONBody[PlayBody | None] = None
    ) -> Response[PlaybackObject]:
        body = data or PlayBody()
        return await _apply(request, room_id, Play(position=body.position, if_revision=body.if_revision))

    @post("/pause", operation_id="pause", summary="Pause", status_code=200)
    async def pause(
        self, request: Call, room_id: FromPath[str], data: JSONBody[PlayBody | None] = None
    ) -> Response[PlaybackObject]:
        body = data or PlayBody()
        return await _apply(request, room_id, Pause(position=body.position, if_revision=body.if_revision))

    @post("/seek", operation_id="seek", summary="Go to a position", status_code=200)
    async def seek(
        self, request: Call, room_id: FromPath[str], data: JSONBody[SeekBody]
    ) -> Response[PlaybackObject]:
        return await _apply(request, room_id, Seek(position=data.position, if_revision=data.if_revision))

    @post("/rate", operation_id="setRate", summary="Play faster or slower", status_code=200)
    async def rate(
        self, request: Call, room_id: FromPath[str], data: JSONBody[RateBody]
    ) -> Response[PlaybackObject]:
        return await _apply(request, room_id, Rate(rate=data.rate, if_revision=data.if_revision))

    @post("/load", operation_id="load", summary="Load an item of the playlist", status_code=200)
    async def load(
        self, request: Call, room_id: FromPath[str], data: JSONBody[LoadBody]
    ) -> Response[PlaybackObject]:
        command = Load(
            media_id=MediaId(data.media_id),
            position=data.position,
            playing=data.playing,
            if_revision=data.if_revision,
        )
        return await _apply(request, room_id, command)

    @post("/next", operation_id="playNext", summary="Load the next item", status_code=200)
    async def play_next(
        self, request: Call, room_id: FromPath[str], data: JSONBody[StepBody | None] = None
    ) -> Response[PlaybackObject]:
        return await _step(request, room_id, +1, data)

    @post("/previous", operation_id="playPrevious", summary="Load the previous item", status_code=200)
    async def play_previous(
        self, request: Call, room_id: FromPath[str], data: JSONBody[StepBody | None] = None
    ) -> Response[PlaybackObject]:
        return await _step(request, room_id, -1, data)


async def _apply(request: Call, room_id: str, command: PlaybackCommand) -> Response[PlaybackObject]:
    applied = await request.parts.playback.apply(request.actor, RoomId(room_id), command)
    return tagged(playback_object(applied.state), applied.state.revision)


async def _step(request: Call, room_id: str, step: int, body: StepBody | None) -> Response[PlaybackObject]:
    command = Step(step=step, if_revision=None if body is None else body.if_revision)
    applied = await request.parts.playback.step(request.actor, RoomId(room_id), command)
    return tagged(playback_object(applied.state), applied.state.revision)
