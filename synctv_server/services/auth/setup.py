"""The set-up link: how the first account of an installation is made, which becomes its root.

Made at the first start, shown in a file that its owner alone can read; called by `app` and the set-up page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from synctv_server.config.places import SETUP_LINK_FILE_NAME
from synctv_server.config.private_files import write_private
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Conflict, Forbidden, Unavailable
from synctv_server.domain.sessions import Client
from synctv_server.domain.times import HOUR, Millis
from synctv_server.domain.users import SiteRole, User, UserStatus, check_username
from synctv_server.security.tokens import hash_secret, new_secret
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.sessions import SessionService
from synctv_server.store.links.setup import SetupStore

GOOD_FOR: Millis = 24 * HOUR


@dataclass(frozen=True, slots=True)
class SetupLink:
    """The link as a person opens it; the secret stands in its fragment."""

    url: str = field(repr=False)
    expires_at: Millis


class SetupService:
    """The secret is hashed in the database and readable in `<data-dir>/setup-link` (0600) alone."""

    def __init__(
        self, accounts: Accounts, credentials: Credentials, sessions: SessionService, data_dir: Path
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._store = SetupStore(accounts.database)
        self._file = data_dir / SETUP_LINK_FILE_NAME

    async def ensure_link(self, link_base: str, *, replace_expired: bool) -> SetupLink | None:
        """The link of this installation, made if it never had one; None once a root exists.

        One that is over, or whose file is lost, is replaced with `replace_expired` alone, else None. The file is
        written anew when people reach the server by another `link_base` than it says.
        """
        if await self._accounts.users.has_root():
            self.forget_link()
            return None
        now = self._accounts.now()
        kept = await self._store.find(now)
        secret = self._secret_in_file()
        if kept is not None and secret is not None and hash_secret(secret) == kept.token_hash:
            return self._written(link_base, secret, kept.expires_at)
        is_first = kept is None and secret is None
        if not is_first and not replace_expired:
            return None
        secret = new_secret()
        async with self._accounts.database.transaction(durable=True):
            await self._store.put(hash_secret(secret), now + GOOD_FOR, now)
        return self._written(link_base, secret, now + GOOD_FOR)

    def forget_link(self) -> None:
        """There is a root: take the file of the link away, which opens nothing any more."""
        self._file.unlink(missing_ok=True)

    async def is_done(self) -> bool:
        """Whether the first account has been made."""
        return await self._accounts.users.has_root()

    async def setup(self, token: str, username: str, password: str, client: Client) -> SignedIn:
        """The root account, signed in.

        Of several who use the link at once one becomes root. Conflict `setup.done` once a root exists, Forbidden
        `setup.link_invalid` for another or an expired link; Invalid; Conflict `user.name_taken`.
        """
        await self._refuse_done()
        check_username(username)
        hashed = await self._credentials.new_hash(username, password)
        user = User(
            id=self._accounts.ids.user(),
            username=username,
            role=SiteRole.ROOT,
            status=UserStatus.ACTIVE,
            created_at=self._accounts.now(),
        )
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._refuse_done()
            if not await self._store.consume(hash_secret(token), self._accounts.now()):
                await self._refuse_done()
                raise Forbidden(
                    "this set-up link is not the present one, or it is over; `synctv status` shows it",
                    code="setup.link_invalid",
                )
            await self._accounts.users.create(user, hashed)
            transaction.after_commit(self.forget_link)
            root = Party.account(user)
            transaction.audit(root, Deed("server.set_up", root, address=client.address))
            return await self._sessions.open(user, client)

    async def _refuse_done(self) -> None:
        if await self.is_done():
            raise Conflict("this server is set up already; sign in instead", code="setup.done")

    def _secret_in_file(self) -> str | None:
        try:
            return self._file.read_text("utf-8").strip().rpartition("#")[2]
        except (OSError, UnicodeDecodeError):
            return None

    def _written(self, link_base: str, secret: str, expires_at: Millis) -> SetupLink:
        url = f"{link_base}/setup#{secret}"
        try:
            write_private(self._file, f"{url}\n")
        except OSError as error:
            raise Unavailable(
                f"the set-up link cannot be written to {self._file}: {error.strerror}"
            ) from error
        return SetupLink(url, expires_at)
