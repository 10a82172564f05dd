"""Opens the keys of the database: the master key opens the sealing keys, those open the signing keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.times import Millis
from synctv_server.security.keyring import RingKey
from synctv_server.security.sealing import Place, Sealer, key_id
from synctv_server.security.signing_keys import SigningKey, read_signing_key


@dataclass(frozen=True, slots=True)
class SealingRing:
    """What seals under the sealing key in use and opens under all that are kept.

    `secrets` has the keys by id. `master` is the master key under which they stand; None where this server has only
    the one before it.
    """

    sealer: Sealer
    secrets: dict[str, bytes] = field(repr=False)
    master: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningRing:
    """The key that signs, and all whose signatures are taken."""

    signer: SigningKey | None
    held: list[RingKey]


def place_of(kid: str) -> Place:
    """Where the secret part of a key is kept."""
    return Place("keys", "sealed", kid)


def of_purpose(purpose: KeyPurpose, records: Iterable[KeyRecord]) -> list[KeyRecord]:
    """Those for one purpose."""
    return [record for record in records if record.purpose is purpose]


def newest_active(records: Iterable[KeyRecord]) -> KeyRecord | None:
    """The key in use among those of one purpose."""
    active = [record for record in records if record.state is KeyState.ACTIVE]
    return max(active, key=_in_use_since, default=None)


def open_sealing_keys(records: Iterable[KeyRecord], masters: Sequence[bytes]) -> SealingRing:
    """The sealing keys that are kept, with whichever of the master keys opens them.

    BrokenState without keys, ConfigurationInvalid when they are sealed under another master key.
    """
    sealing = [record for record in of_purpose(KeyPurpose.SEALING, records) if record.verifies]
    current = newest_active(sealing)
    if current is None:
        raise BrokenState("the database holds no keys", hint="run `synctv init`")
    secrets = {record.kid: _open_sealing_key(record, masters) for record in sealing}
    in_force = [master for master in masters if _open(current.sealed, current.kid, master) is not None]
    return SealingRing(Sealer(secrets, current.kid), secrets, in_force[0] if in_force else None)


def open_signing_keys(records: Iterable[KeyRecord], sealer: Sealer) -> SigningRing:
    """The signing keys that are good for something; BrokenState when one does not open or is not what it says."""
    signing = [record for record in of_purpose(KeyPurpose.SIGNING, records) if record.verifies]
    signer = newest_active(signing)
    opened = {record.kid: _open_signing_key(record, sealer) for record in signing}
    held = [
        RingKey(
            opened[record.kid],
            opened[record.kid].public,
            record.retires_at if record.state is KeyState.RETIRING else None,
        )
        for record in signing
    ]
    return SigningRing(opened[signer.kid] if signer else None, held)


def _open_sealing_key(record: KeyRecord, masters: Sequence[bytes]) -> bytes:
    for sealed in (record.sealed, record.sealed_previous):
        for master in masters:
            if sealed and (secret := _open(sealed, record.kid, master)) is not None:
                return secret
    raise ConfigurationInvalid(
        "keys.master is not the master key of this database",
        hint="give the one that this installation was made with, or restore the backup of both",
    )


def _open(sealed: bytes, kid: str, master: bytes) -> bytes | None:
    try:
        above = key_id(sealed)
        return Sealer({above: master}, above).open(sealed, place_of(kid))
    except BrokenState:
        return None


def _open_signing_key(record: KeyRecord, sealer: Sealer) -> SigningKey:
    key = read_signing_key(sealer.open(record.sealed, place_of(record.kid)), record.algorithm)
    if key.kid != record.kid:
        raise BrokenState(f"the signing key {record.kid} of the database is another key than its id says")
    return key


def _in_use_since(record: KeyRecord) -> Millis:
    return record.activated_at or record.created_at
