"""Links that carry their own permission for some hours: a media file for whoever may watch the room.

Made by `services.media`, checked by the route that sends the bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode

from synctv_server.domain.errors import Forbidden
from synctv_server.domain.times import HOUR, SECOND, Millis, Now
from synctv_server.security.keyring import Keyring

BUCKET: Millis = 6 * HOUR
GOOD_FOR: Millis = 12 * HOUR
_PURPOSE = "signed urls"
_MOMENT_DIGITS_MOST = 12


class UrlSigner:
    """Signs paths with a key derived from the ring.

    All links of one bucket of six hours are the same, so that a browser's cache holds; each is good for six
    to twelve hours.
    """

    def __init__(self, keyring: Keyring, now: Now) -> None:
        self._keyring = keyring
        self._now = now

    def sign(self, path: str, scope: str) -> str:
        """The query string for this path: `expires` (seconds since the epoch), `key`, `signature`."""
        expires = (self._now() // BUCKET * BUCKET + GOOD_FOR) // SECOND
        kid, secret = self._keyring.derive(_PURPOSE)
        return urlencode(
            {"expires": expires, "key": kid, "signature": _signature(secret, path, scope, expires)}
        )

    def check(self, path: str, scope: str, query: str) -> None:
        """Forbidden `media.link_expired` unless the query was made for this path and scope and is not over."""
        given = dict(parse_qsl(query))
        moment = given.get("expires", "")
        secret = self._keyring.derived(_PURPOSE, given.get("key", ""))
        if secret is None or not _is_moment(moment):
            _refuse()
        expected = _signature(secret, path, scope, int(moment))
        if not hmac.compare_digest(expected.encode(), given.get("signature", "").encode("utf-8", "replace")):
            _refuse()
        if self._now() >= int(moment) * SECOND:
            _refuse()


def _signature(secret: bytes, path: str, scope: str, expires: int) -> str:
    message = json.dumps((path, scope, expires)).encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, hashlib.sha256)).rstrip(b"=").decode()


def _is_moment(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOMENT_DIGITS_MOST


def _refuse() -> NoReturn:
    raise Forbidden("this link is over; fetch the item again", code="media.link_expired")
