"""Sign-ins that failed, in the audit log: one entry per minute, name and address. Used by `LoginService`."""

from __future__ import annotations

from synctv_server.domain.audit import STRANGER, Deed, Outcome, Party
from synctv_server.domain.users import name_key
from synctv_server.net.addresses import site_of
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.limits import Repetitions


class FailedSignIns:
    """What comes within a minute of an entry is counted, and told by the next entry."""

    def __init__(self, accounts: Accounts) -> None:
        self._database = accounts.database
        self._repetitions = Repetitions(accounts.now)

    async def note(self, identifier: str, address: str, reason: str) -> None:
        """Tell of one, or count it. Unavailable `audit.cut` while the log cannot be added to."""
        untold = self._repetitions.take((name_key(identifier), site_of(address)))
        if untold is None:
            return
        deed = Deed(
            "user.sign_in_failed",
            Party("user", name=identifier),
            outcome=Outcome.FAILED,
            after={"reason": reason, "more_before": untold},
            address=address,
        )
        async with self._database.transaction(durable=True) as transaction:
            transaction.audit(STRANGER, deed)
