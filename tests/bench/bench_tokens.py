"""What it costs to know who asks and what they may do: a token from memory against checking its signature.

The baseline is PyJWT verifying RS256 with a key object, in the same run.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_bytes
from statistics import median

import jwt

from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.ids import Ids, RoomId, UserId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Control, Override, Permission, Role, require
from synctv_server.domain.sessions import Client, Person
from synctv_server.domain.times import MINUTE
from synctv_server.domain.users import SiteRole, User, UserStatus
from synctv_server.realtime.clock import ServerClock
from synctv_server.security.keyring import AUDIENCE, ISSUER
from synctv_server.security.passwords import PasswordHasher
from synctv_server.security.sealing import new_key
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.keys import KeyService
from synctv_server.store import open_database
from tests.support import databases

_ROUNDS = 7


def main() -> None:
    """Prints microseconds of CPU and the ratio to the baseline; passwords by the clock, as they use many threads."""
    asyncio.run(_measure_all())


async def _measure_all() -> None:
    with tempfile.TemporaryDirectory(prefix="synctv-bench-") as folder:
        async with open_database(await databases.migrated("sqlite", Path(folder))) as database:
            clock = ServerClock().now
            accounts = Accounts(database, Ids(clock, token_bytes), clock)
            keys = KeyService(database, new_key(), "RS256", clock)
            await keys.ensure()
            issuer = Issuer(accounts, await keys.load(), AuthSection())
            sessions = SessionService(accounts, issuer, keys, MemoryNotices())
            user = User(accounts.ids.user(), "ann", SiteRole.USER, UserStatus.ACTIVE, clock())
            await accounts.users.create(user, None)
            signed_in = await sessions.open(user, Client("192.0.2.7"))
            await _measure_tokens(keys, issuer, sessions, signed_in)
    _measure_permissions()
    await _measure_passwords()


async def _measure_tokens(
    keys: KeyService, issuer: Issuer, sessions: SessionService, signed_in: SignedIn
) -> None:
    token = signed_in.access_token
    public = jwt.PyJWK.from_dict(keys.keyring.jwks()["keys"][0]).key
    baseline = _timed(
        lambda: jwt.decode(token, public, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER), 500
    )
    _tell("RS256 verified by PyJWT (the baseline)", baseline, baseline)
    _tell("token known to the key ring", _timed(lambda: keys.keyring.verify(token), 50_000), baseline)
    await sessions.authenticate(token)
    _tell("authenticate, with the session's life", await _timed_await(sessions, token), baseline)
    _tell("new access token", _timed(lambda: _sign(issuer, signed_in), 200), baseline)


def _measure_permissions() -> None:
    member = Member(
        RoomId("room_a"),
        Person(UserId("usr_ann"), "ann"),
        Role.MEMBER,
        joined_at=0,
        own=Override(deny=Permission.SEND_CHAT),
        muted_until=MINUTE,
    )
    mask = member.permissions(Control.EVERYONE, 2 * MINUTE)
    cost = _timed(lambda: member.permissions(Control.EVERYONE, 2 * MINUTE), 20_000)
    print(f"{'permissions of a member evaluated':42}{cost:10.2f} µs")
    cost = _timed(lambda: require(mask, Permission.CONTROL_PLAYBACK), 20_000)
    print(f"{'one permission asked':42}{cost:10.2f} µs")


async def _measure_passwords() -> None:
    with PasswordHasher() as hasher:
        for at_once in (1, 2, 8):
            started = time.perf_counter()
            await asyncio.gather(*(hasher.hash("a long walk home") for _ in range(at_once)))
            took = time.perf_counter() - started
            print(
                f"Argon2id 64 MiB/3/4, {at_once} at once:{took * 1e3:12.0f} ms for all, {at_once / took:.1f} per second"
            )


async def _timed_await(sessions: SessionService, token: str) -> float:
    """One hit; the second that a session is believed ends seldom enough not to count."""
    authenticate: Callable[[str], Awaitable[object]] = sessions.authenticate
    rounds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(20_000):
            await authenticate(token)
        rounds.append((time.process_time() - started) / 20_000 * 1e6)
    return median(rounds)


def _timed(work: Callable[[], object], times: int) -> float:
    """Microseconds of CPU of one call: the median of some rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - started) / times * 1e6)
    return median(rounds)


def _sign(issuer: Issuer, signed_in: SignedIn) -> SignedIn:
    return issuer.signed_in(signed_in.user, signed_in.session, None)


def _tell(what: str, cost: float, baseline: float) -> None:
    print(f"{what:42}{cost:10.2f} µs   {baseline / cost:8.2f} × the baseline's speed")
