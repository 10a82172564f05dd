"""Sign-ins that failed, in the audit log: one entry per minute, name and address. Used by `LoginService`."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from synctv_server.domain.audit import STRANGER, Deed, Outcome, Party
from synctv_server.domain.times import MINUTE, Millis
from synctv_server.domain.users import name_key
from synctv_server.net.addresses import site_of
from synctv_server.services.auth.accounts import Accounts

_MOST = 10_000


@dataclass(slots=True)
class _Series:
    """Failures of one name from one address: when one was told last, and how many have not been told since."""

    told_at: Millis
    untold: int = 0


class FailedSignIns:
    """What comes within a minute of an entry is counted, and told by the next entry. Kept in this process."""

    def __init__(self, accounts: Accounts) -> None:
        self._database = accounts.database
        self._now = accounts.now
        self._series: OrderedDict[tuple[str, str], _Series] = OrderedDict()

    async def note(self, identifier: str, address: str, reason: str) -> None:
        """Tell of one, or count it. Unavailable `audit.cut` while the log cannot be added to."""
        key = (name_key(identifier), site_of(address))
        series = self._series.get(key)
        if series is not None and self._now() < series.told_at + MINUTE:
            series.untold += 1
            return
        untold = 0 if series is None else series.untold
        self._remember(key)
        deed = Deed(
            "user.sign_in_failed",
            Party("user", name=identifier),
            outcome=Outcome.FAILED,
            after={"reason": reason, "more_before": untold},
            address=address,
        )
        async with self._database.transaction(durable=True) as transaction:
            transaction.audit(STRANGER, deed)

    def _remember(self, key: tuple[str, str]) -> None:
        self._series.pop(key, None)
        if len(self._series) >= _MOST:
            self._series.popitem(last=False)
        self._series[key] = _Series(self._now())
