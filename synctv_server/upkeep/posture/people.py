"""Who has power over the server."""

from __future__ import annotations

from synctv_server.config.places import SETUP_LINK_FILE_NAME
from synctv_server.upkeep.posture.access import is_exposed
from synctv_server.upkeep.posture.finding import Rule, Seen, Weakness
from synctv_server.upkeep.premises import Premises

_ADMINISTRATORS_MOST = 5
_COUNT = "SELECT role, COUNT(*) AS count FROM users WHERE status = 'active' GROUP BY role"


async def owner(premises: Premises) -> Seen:
    """Somebody is root; until then a link lies about that makes whoever has it root."""
    roles = await _roles(premises)
    if roles.get("root"):
        return []
    if roles:
        return [
            Weakness(
                "medium",
                "no active account is root: nobody can undo what the administrators do",
                "`synctv user set-role NAME root`",
            )
        ]
    links = await premises.rows("SELECT expires_at FROM setup_links")
    if not links or links[0]["expires_at"] <= premises.now():
        return []
    return [
        Weakness(
            "medium" if is_exposed(premises) else "low",
            "the set-up link is open: who reads it becomes the owner of the server",
            "open it and make the first account",
            str(premises.data_dir / SETUP_LINK_FILE_NAME),
        )
    ]


async def administrators(premises: Premises) -> Seen:
    """Few people may do everything."""
    roles = await _roles(premises)
    count = roles.get("admin", 0) + roles.get("root", 0)
    if count <= _ADMINISTRATORS_MOST:
        return []
    return [
        Weakness(
            "medium",
            f"{count} accounts are administrators",
            "`synctv user list` shows them, `synctv user set-role NAME user` takes it from one",
        )
    ]


async def _roles(premises: Premises) -> dict[str, int]:
    return {row["role"]: row["count"] for row in await premises.rows(_COUNT)}


RULES = (
    Rule("people.owner", "The server has an owner, and no open set-up link.", owner),
    Rule("people.administrators", "Few accounts are administrators.", administrators),
)
