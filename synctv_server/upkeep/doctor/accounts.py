"""Accounts and sign-ins: somebody owns the server, and what is over is cleared away."""

from __future__ import annotations

from synctv_server.config.places import SETUP_LINK_FILE_NAME
from synctv_server.domain.times import DAY, to_rfc3339
from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import Premises

_OVER_MOST = 1_000
_OVER = "FROM sessions WHERE expires_at < {}"


async def root(premises: Premises) -> Verdict:
    """A root account exists, or a link that makes one."""
    if await _has_root(premises):
        return well("the server has an owner")
    if await premises.rows("SELECT 1 FROM users"):
        return ill(
            "no active account is root: nobody may do everything here",
            "`synctv user set-role NAME root`, or `synctv user unban NAME`",
        )
    return well("nobody has an account yet; the set-up link makes the first")


async def link(premises: Premises) -> Verdict:
    """The set-up link, where it is needed, is good."""
    file = premises.data_dir / SETUP_LINK_FILE_NAME
    if await _has_root(premises):
        if not file.exists():
            return well("it is used and gone")
        return doubtful(
            f"{file} is still there, and the server has an owner",
            f"rm {file}",
            Cure(f"rm {file}", lambda: file.unlink(missing_ok=True)),
        )
    kept = await premises.rows("SELECT expires_at FROM setup_links")
    if kept and kept[0]["expires_at"] > premises.now() and file.exists():
        return well(f"it is good until {to_rfc3339(kept[0]['expires_at'])}")
    return doubtful(
        "the set-up link is over, or its file is gone", "`synctv serve` makes a new one at its start"
    )


async def sessions(premises: Premises) -> Verdict:
    """Sign-ins that are over are cleared."""
    before = premises.now() - 2 * DAY
    [row] = await premises.rows(f"SELECT COUNT(*) AS count {_OVER}", before)
    if row["count"] <= _OVER_MOST:
        return well(f"{row['count']} sign-ins are over and kept")
    if premises.server is not None:
        return doubtful(
            f"{row['count']} sign-ins are over and kept: the server does not clear them",
            "its log says why the job `expired sessions` fails",
        )
    database = premises.database
    return doubtful(
        f"{row['count']} sign-ins are over and kept",
        "start the server, which clears them",
        Cure("clear sign-ins that are over", lambda: database.execute(f"DELETE {_OVER}", before)),
    )


async def _has_root(premises: Premises) -> bool:
    return bool(await premises.rows("SELECT 1 FROM users WHERE role = 'root' AND status = 'active'"))


CHECKS = (
    Check("accounts.root", root),
    Check("accounts.setup_link", link),
    Check("accounts.sessions", sessions),
)
