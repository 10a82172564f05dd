"""The keys: the master key opens them all, one signs, and none has been forgotten."""

from __future__ import annotations

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid
from synctv_server.domain.keys import KeyState
from synctv_server.domain.times import DAY, Millis
from synctv_server.security.sealing import read_master_key
from synctv_server.services.keys import KeyService
from synctv_server.services.keys.master import MasterSource
from synctv_server.store import open_database
from synctv_server.store.engine import Row
from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises

_NEXT_MOST: Millis = 30 * DAY
"""How long a published key may wait: `synctv keys generate` makes one ahead of time, for clients that keep the set."""
_DUE_MOST: Millis = DAY
"""How long a running server may take to turn a key that is due, and more than it needs."""
_RESTORE = "bring keys/ and the database back from one backup"


def master(premises: Premises) -> Verdict:
    """There is a master key, and it is one."""
    premises.require_home()
    key = premises.settings.keys.master
    if key is None:
        return ill("there is no master key: nothing in the database can be opened", _RESTORE)
    try:
        read_master_key(key.reveal())
    except ConfigurationInvalid as error:
        return ill(error.message, _RESTORE)
    return well(f"the master key comes from {key.origin}")


async def opens(premises: Premises) -> Verdict:
    """The master key is that of this database."""
    if isinstance(complaint := await _complaint(premises), ConfigurationInvalid):
        return ill(complaint.message, complaint.hint or _RESTORE)
    return well("the master key opens the keys of the database")


async def rows(premises: Premises) -> Verdict:
    """Every sealed key opens and is what its id says."""
    if isinstance(complaint := await _complaint(premises), BrokenState):
        return ill(complaint.message, _RESTORE)
    return well("every key opens")


async def signing(premises: Premises) -> Verdict:
    """One key signs."""
    if await _signing(premises, KeyState.ACTIVE):
        return well("a key signs")
    return ill("no signing key is active: nobody can sign in", _RESTORE)


async def due(premises: Premises) -> Verdict:
    """The key that signs is not older than `auth.key_rotation_days`."""
    signers = await _signing(premises, KeyState.ACTIVE)
    if not signers:
        raise NotExaminable("no signing key is active")
    days = premises.settings.auth.key_rotation_days
    age = premises.now() - max(row["activated_at"] or row["created_at"] for row in signers)
    if age <= days * DAY + _DUE_MOST:
        return well(f"the key that signs is {age // DAY} days old")
    return doubtful(
        f"the key that signs is {age // DAY} days old, and auth.key_rotation_days is {days}",
        "`synctv keys rotate`; a running server does it by itself",
    )


async def coming(premises: Premises) -> Verdict:
    """No published key has been forgotten."""
    waiting = [
        row["kid"]
        for row in await _signing(premises, KeyState.NEXT)
        if premises.now() - row["created_at"] > _NEXT_MOST
    ]
    if not waiting:
        return well("no published key has been forgotten")
    return doubtful(
        f"{waiting[0]} was published long ago and does not sign yet",
        "`synctv keys rotate` has it sign",
    )


async def _signing(premises: Premises, state: KeyState) -> list[Row]:
    sql = "SELECT kid, created_at, activated_at FROM keys WHERE purpose = 'signing' AND state = {}"
    return list(await premises.rows(sql, state.value))


async def _complaint(premises: Premises) -> ConfigurationInvalid | BrokenState | None:
    """What keeps the ring from being read. Raises NotExaminable where there is nothing to read it with."""
    settings = premises.settings
    if settings.keys.master is None or not await premises.rows("SELECT 1 FROM keys"):
        raise NotExaminable("there is no master key, or no key in the database")
    password = settings.database.password
    async with open_database(
        settings.database.url, password=password.reveal() if password else None, pool_size=1
    ) as database:
        try:
            given = MasterSource(settings.keys, premises.data_dir).given
            algorithm = settings.auth.signing_algorithm
            await KeyService(database, given()[0], algorithm, premises.now, others=given).load()
        except (ConfigurationInvalid, BrokenState) as error:
            return error
    return None


CHECKS = (
    Check("keys.master", master),
    Check("keys.opens", opens),
    Check("keys.rows", rows),
    Check("keys.signing", signing),
    Check("keys.due", due),
    Check("keys.next", coming),
)
