"""The way that everybody writes it: a Litestar handler, a set of sockets, `await send_text` to each in turn."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

# As large as a line of chat of the measured server, field for field.
_EVENT = {
    "seq": 1000,
    "type": "chat.sent",
    "at": 1_790_000_000_000,
    "actor": {"id": "usr_" + "0" * 26, "name": "bench"},
}
_sockets: set[WebSocket[Any, Any, Any]] = set()


@websocket("/ws")
async def room(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept(subprotocols="synctv.v1")
    _sockets.add(socket)
    try:
        while True:
            line = msgspec.json.decode(await socket.receive_text())
            message = {
                "id": "msg_" + "0" * 26,
                "room_id": "room_" + "0" * 26,
                "user": _EVENT["actor"],
                "text": line["text"],
                "reply_to": None,
                "created_at": 1_790_000_000_000,
                "deleted": False,
            }
            text = msgspec.json.encode({**_EVENT, "message": message}).decode()
            for viewer in list(_sockets):
                await viewer.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        _sockets.discard(socket)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        Litestar([room], logging_config=None, openapi_config=None),
        log_level="error",
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
