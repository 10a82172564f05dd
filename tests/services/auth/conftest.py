"""All services of accounts over one database, put together as `app` does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import pytest

from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.ids import Ids
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import Actor, ActorKind, Client
from synctv_server.domain.times import DAY
from synctv_server.domain.users import SiteRole, User
from synctv_server.security.passwords import PasswordHasher
from synctv_server.security.sealing import Place, Sealer, new_key
from synctv_server.security.signing_keys import generate_signing_key
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.passwords import LoginService
from synctv_server.services.auth.registration import RegistrationService
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.auth.setup import SetupService
from synctv_server.services.invitations import InvitationService
from synctv_server.services.keys import KeyService
from synctv_server.services.users import UserService
from synctv_server.store import Database
from synctv_server.store.keys import KeyStore
from tests.services.conftest import Clock

OPERATOR = Actor(ActorKind.OPERATOR, "operator", uid=1000)
HOME = Client("192.0.2.10", "Firefox at home")
AWAY = Client("198.51.100.20", "Firefox on the way")
STRANGER = Client("203.0.113.30", "curl")
PASSWORD = "a long walk home"


@dataclass
class House:
    """The services, and what tests do with them most."""

    accounts: Accounts
    notices: MemoryNotices
    hasher: PasswordHasher
    section: AuthSection
    data_dir: Path
    master_key: bytes = dataclasses.field(default_factory=new_key, repr=False)

    def __post_init__(self) -> None:
        database, clock = self.accounts.database, self.accounts.now
        self.keys = KeyService(database, self.master_key, self.section.signing_algorithm, clock)
        self.issuer = Issuer(self.accounts, self.keys.keyring, self.section)
        self.sessions = SessionService(self.accounts, self.issuer, self.keys, self.notices)
        self.credentials = Credentials(self.hasher, self.section)
        self.login = LoginService(self.accounts, self.credentials, self.sessions)
        self.invitations = InvitationService(self.accounts, "https://tv.example.org")
        self.setup = SetupService(self.accounts, self.credentials, self.sessions, self.data_dir)
        self.users = UserService(self.accounts, self.credentials, self.sessions, self.setup)

    def registration(self, mode: str = "open") -> RegistrationService:
        section = self.section.model_copy(update={"registration": mode})
        return RegistrationService(self.accounts, self.credentials, self.sessions, self.invitations, section)

    async def open(self) -> None:
        await self.keys.ensure()
        await self.keys.load()

    async def account(self, name: str = "ann", role: SiteRole = SiteRole.USER) -> User:
        return await self.users.create(OPERATOR, name, PASSWORD, None, role)

    async def sign_in(self, name: str = "ann", client: Client = HOME) -> SignedIn:
        return await self.login.login(name, PASSWORD, client)

    async def actor(self, name: str = "ann", role: SiteRole = SiteRole.USER) -> Actor:
        """A new account, signed in."""
        await self.account(name, role)
        return await self.sessions.authenticate((await self.sign_in(name)).access_token)

    async def another_server(self) -> House:
        """The same installation seen from a second process that hears no notice of the first."""
        other = dataclasses.replace(self, notices=MemoryNotices())
        await other.open()
        return other


async def build(
    database: Database, clock: Clock, hasher: PasswordHasher, data_dir: Path, notices: MemoryNotices
) -> House:
    section = AuthSection(signing_algorithm="EdDSA")  # an RSA key for each test would cost more than the test
    house = House(Accounts(database, Ids(clock, token_bytes), clock), notices, hasher, section, data_dir)
    await house.open()
    return house


@pytest.fixture
async def house(
    database: Database, clock: Clock, hasher: PasswordHasher, tmp_path: Path, notices: MemoryNotices
) -> House:
    return await build(database, clock, hasher, tmp_path, notices)


async def turn_keys(house: House, algorithm: str = "ES256") -> str:
    """Put another signing key into the database, as a rotation does: the old one retires in a day. The new id."""
    store, now = KeyStore(house.accounts.database), house.accounts.now()
    (master,) = await store.list_keys(KeyPurpose.MASTER)
    (sealing,) = await store.list_keys(KeyPurpose.SEALING)
    secret = Sealer({master.kid: house.master_key}, master.kid).open(sealing.sealed, _place(sealing.kid))
    for old in await store.list_keys(KeyPurpose.SIGNING):
        await store.update(dataclasses.replace(old, state=KeyState.RETIRING, retires_at=now + DAY))
    key = generate_signing_key(algorithm)
    sealed = Sealer({sealing.kid: secret}, sealing.kid).seal(key.secret, _place(key.kid))
    await store.add(
        KeyRecord(key.kid, KeyPurpose.SIGNING, algorithm, KeyState.ACTIVE, now, now, sealed=sealed)
    )
    await house.keys.load()
    return key.kid


def _place(kid: str) -> Place:
    return Place("keys", "sealed", kid)
