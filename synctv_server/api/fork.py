"""One port, three kinds of answers: sockets, the API's paths by Litestar, and every other path by the web client."""

from __future__ import annotations

from synctv_server.api.asgi import App, Receive, Scope, Send

_OF_THE_API = ("/api/", "/health/", "/.well-known/")
_METRICS = "/metrics"


class Fork:
    """Sits behind the edge."""

    def __init__(self, api: App, web: App, socket: App) -> None:
        self._api = api
        self._web = web
        self._socket = socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] != "http" or _is_of_the_api(scope["path"]):
            await self._api(scope, receive, send)
        else:
            await self._web(scope, receive, send)


def _is_of_the_api(path: str) -> bool:
    return path.startswith(_OF_THE_API) or path == _METRICS
