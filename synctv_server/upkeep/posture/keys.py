"""The keys: young enough, and replaced often enough."""

from __future__ import annotations

from synctv_server.config.secrets import secret_file
from synctv_server.domain.times import DAY
from synctv_server.upkeep.posture.finding import Rule, Seen, Severity, Weakness
from synctv_server.upkeep.premises import Premises

_ROTATION_WANTED_DAYS = 180
_ROTATION_MOST_DAYS = 365
_GRACE_WANTED_DAYS = 30
_YOUNGEST = """
SELECT MAX(COALESCE(activated_at, created_at)) AS since FROM keys WHERE purpose = 'signing' AND state = 'active'
"""


async def age(premises: Premises) -> Seen:
    """The key that signs is of this year."""
    [row] = await premises.rows(_YOUNGEST)
    if row["since"] is None:
        return []  # `synctv doctor` says so
    days = (premises.now() - row["since"]) // DAY
    wanted = premises.settings.auth.key_rotation_days
    if days <= wanted + 1:
        return []
    severity: Severity = "high" if days > max(2 * wanted, _ROTATION_WANTED_DAYS) else "medium"
    message = f"the key that signs is {days} days old, and auth.key_rotation_days is {wanted}"
    return [Weakness(severity, message, "`synctv keys rotate`; a running server does it by itself")]


def rotation(premises: Premises) -> Seen:
    """Keys are replaced."""
    days = premises.settings.auth.key_rotation_days
    if days <= _ROTATION_WANTED_DAYS:
        return []
    return [
        Weakness(
            "high" if days > _ROTATION_MOST_DAYS else "medium",
            f"a signing key is used for {days} days: one that leaks is good for as long",
            "set auth.key_rotation_days to 90; nobody is signed out by a rotation",
            "auth.key_rotation_days",
        )
    ]


def grace(premises: Premises) -> Seen:
    """What was replaced stops to verify."""
    days = premises.settings.auth.key_grace_days
    if days <= _GRACE_WANTED_DAYS:
        return []
    return [
        Weakness(
            "medium",
            f"a replaced signing key verifies for {days} more days",
            "set auth.key_grace_days to 7",
            "auth.key_grace_days",
        )
    ]


def beside(premises: Premises) -> Seen:
    """Whoever copies the data directory has not all of it."""
    file = secret_file(premises.data_dir, "keys.master")
    if not file.exists():
        return []
    return [
        Weakness(
            "info",
            "the master key lies in the data directory: who copies that can open everything in it",
            "move it to a credential of systemd or a secret of the container, named by SYNCTV__KEYS__MASTER_FILE",
            str(file),
        )
    ]


RULES = (
    Rule("keys.age", "The signing key is not older than its rotation asks.", age),
    Rule("keys.rotation", "Signing keys are replaced at least twice a year.", rotation),
    Rule("keys.grace", "A replaced key does not verify for long.", grace),
    Rule("keys.beside", "The master key does not lie beside what it opens.", beside),
)
