"""Invitations to make an account; of their secrets only hashes are kept. Called by the services of accounts."""

from __future__ import annotations

from synctv_server.domain.ids import InvitationId, UserId
from synctv_server.domain.invitations import Invitation
from synctv_server.domain.times import Millis
from synctv_server.domain.users import SiteRole
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.tables import Invitations


class InvitationStore:
    """One row per link, with the uses that are left."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, invitation: Invitation, secret_hash: bytes) -> None:
        row = Invitations(
            id=invitation.id,
            secret_hash=secret_hash,
            role=invitation.role.value,
            uses_left=invitation.uses_left,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            created_by=invitation.created_by,
        )
        await self._database.keep(Invitations.insert(row))

    async def find_by_secret(self, secret_hash: bytes) -> Invitation | None:
        """The invitation whose secret has this hash, usable or not."""
        query = Invitations.select().where(Invitations.secret_hash == secret_hash).limit(1)
        rows = await self._database.run(query)
        return _invitation(rows[0]) if rows else None

    async def take(self, invitation_id: InvitationId, now: Millis) -> bool:
        """Use it once, in one step; False when it is used up or over."""
        query = Invitations.update({Invitations.uses_left: Invitations.uses_left - 1}).where(
            Invitations.id == invitation_id, Invitations.uses_left > 0, Invitations.expires_at > now
        )
        taken = await self._database.keep(query.returning(Invitations.id))
        return bool(taken)

    async def delete_expired(self, before: Millis) -> int:
        """Forget those that ended before this moment; how many there were."""
        query = Invitations.delete().where(Invitations.expires_at < before).returning(Invitations.id)
        return len(await self._database.run(query))


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=InvitationId(row["id"]),
        role=SiteRole(row["role"]),
        uses_left=row["uses_left"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        created_by=None if row["created_by"] is None else UserId(row["created_by"]),
    )
