"""One port, two kinds of answers: the API's paths go to Litestar, every other path to the web client's files."""

from __future__ import annotations

from synctv_server.api.asgi import App, Receive, Scope, Send

_OF_THE_API = ("/api/", "/health/", "/.well-known/")
_METRICS = "/metrics"


class Fork:
    """Sits behind the edge."""

    def __init__(self, api: App, web: App) -> None:
        self._api = api
        self._web = web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and not _is_of_the_api(scope["path"])
        await (self._web if is_page else self._api)(scope, receive, send)


def _is_of_the_api(path: str) -> bool:
    return path.startswith(_OF_THE_API) or path == _METRICS
