"""Statements of this installation, signed so that anybody with its public keys can check them: JWS, RFC 7515.

Made by the key ring; the audit log's checkpoints are such. `kind` stands in the header `typ`, so that no statement can
pass for one of another kind, and none for an access token, which names issuer and audience.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt

from synctv_server.domain.errors import BrokenState
from synctv_server.security.signing_keys import ALGORITHMS, SigningKey, thumbprint

_jws = jwt.PyJWS(algorithms=ALGORITHMS)


def sign_statement(key: SigningKey, kind: str, statement: Mapping[str, Any]) -> str:
    """The statement in compact form."""
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    return _jws.encode(payload, key.private, algorithm=key.algorithm, headers={"kid": key.kid, "typ": kind})


def key_of(signed: str) -> str:
    """The id of the key that a statement names; empty where it is none."""
    try:
        return str(_jws.get_unverified_header(signed).get("kid", ""))
    except jwt.InvalidTokenError:
        return ""


def read_statement(signed: str, kind: str, jwk: Mapping[str, Any]) -> dict[str, Any]:
    """What a good statement of this kind says; BrokenState when it is not, or not signed with this key."""
    try:
        key = jwt.PyJWK(dict(jwk))
        found = _jws.decode_complete(signed, key.key, algorithms=[str(jwk.get("alg"))])
    except jwt.PyJWTError as error:
        raise BrokenState("a signed statement does not hold") from error
    header = found["header"]
    if header.get("typ") != kind or header.get("kid") != thumbprint(key.key):
        raise BrokenState("a signed statement is of another kind or key than it should be")
    statement: dict[str, Any] = json.loads(found["payload"])
    return statement
