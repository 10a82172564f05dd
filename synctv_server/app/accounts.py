"""Accounts and keys, put together: who people are and how they prove it."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.app.ground import Ground
from synctv_server.config.places import AUDIT_CHECKPOINTS_FILE_NAME
from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.security.sealing import read_master_key
from synctv_server.services.audit import AuditService
from synctv_server.services.audit_checkpoints import Checkpoints
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.passwords import LoginService
from synctv_server.services.auth.recovery import RecoveryService
from synctv_server.services.auth.registration import RegistrationService
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.auth.setup import SetupService
from synctv_server.services.invitations import InvitationService
from synctv_server.services.keys import KeyService
from synctv_server.services.keys.master import MasterKeys, MasterSource
from synctv_server.services.keys.sealing import SealingKeys
from synctv_server.services.keys.signing import SigningKeys
from synctv_server.services.limits import Limits
from synctv_server.services.users import UserService
from synctv_server.store.keys import KeyStore


@dataclass(frozen=True, slots=True)
class AccountServices:
    """The services of accounts, and what the guests' service needs of them."""

    accounts: Accounts
    issuer: Issuer
    keys: KeyService
    signing_keys: SigningKeys
    sealing_keys: SealingKeys
    master_keys: MasterKeys
    limits: Limits
    sessions: SessionService
    login: LoginService
    registration: RegistrationService
    setup: SetupService
    recovery: RecoveryService
    users: UserService
    invitations: InvitationService
    audit: AuditService


async def build_accounts(ground: Ground) -> AccountServices:
    """Reads the keys; raises ConfigurationInvalid without a master key, or with another one than the database's."""
    settings, notices = ground.settings, ground.cluster.notices
    keys = await _load_keys(ground)
    accounts = Accounts(ground.database, ground.ids, ground.now)
    issuer = Issuer(accounts, keys.keyring, settings.auth)
    credentials = Credentials(ground.hasher, settings.auth)
    sessions = SessionService(accounts, issuer, keys, notices)
    login = LoginService(accounts, credentials, sessions)
    setup = SetupService(accounts, credentials, sessions, ground.data_dir)
    invitations = InvitationService(accounts, ground.link_base)
    refused = ground.metrics.rate_limited_total
    return AccountServices(
        accounts=accounts,
        issuer=issuer,
        keys=keys,
        signing_keys=SigningKeys(accounts, keys, notices, settings.auth),
        sealing_keys=SealingKeys(accounts, keys, notices),
        master_keys=MasterKeys(accounts, keys, notices, _master_source(ground)),
        limits=Limits(
            ground.cluster.counters, settings.limits, on_refused=lambda scope: refused.labels(scope).inc()
        ),
        sessions=sessions,
        login=login,
        registration=RegistrationService(accounts, credentials, sessions, invitations, settings.auth),
        setup=setup,
        recovery=RecoveryService(accounts, credentials, sessions, login, ground.link_base),
        users=UserService(accounts, credentials, sessions, setup),
        invitations=invitations,
        audit=_build_audit(ground, keys),
    )


def _build_audit(ground: Ground, keys: KeyService) -> AuditService:
    file = ground.data_dir / AUDIT_CHECKPOINTS_FILE_NAME
    checkpoints = Checkpoints(file, keys.keyring, KeyStore(ground.database))
    return AuditService(ground.database, checkpoints, ground.now)


async def _load_keys(ground: Ground) -> KeyService:
    master, auth = ground.settings.keys.master, ground.settings.auth
    if master is None:
        raise ConfigurationInvalid(
            "keys.master: there is no master key", hint="Run `synctv init`, which makes one."
        )
    keys = KeyService(
        ground.database,
        read_master_key(master.reveal()),
        auth.signing_algorithm,
        ground.now,
        others=_master_source(ground).given,
    )
    await keys.load()
    ground.cluster.notices.follow(keys.hear)
    ground.metrics.on_render(lambda: _tell_ages(ground, keys))
    return keys


def _tell_ages(ground: Ground, keys: KeyService) -> None:
    gauge = ground.metrics.signing_key_age_seconds
    gauge.clear()
    for kid, age in keys.ages_seconds().items():
        gauge.labels(kid).set(age)


def _master_source(ground: Ground) -> MasterSource:
    return MasterSource(ground.settings.keys, ground.data_dir)
