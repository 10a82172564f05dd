"""The settings: whether the file is read, every name known, every value good, and whether they go together.

The rules themselves are those of `config`; here each has a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from synctv_server.config.settings import reference
from synctv_server.config.toml_file import read_toml
from synctv_server.domain.errors import ConfigurationInvalid, FieldError
from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises


def _names_of(section: str) -> Iterator[str]:
    return (setting.name for setting in reference() if setting.section == section)


_ADVICE = {
    "config.proxies": ("Proxies are named where there is one.", ("server.trusted_proxies",)),
    "config.public_url": ("The public address is one, and by https.", ("server.public_url",)),
    "config.database_url": (
        "The address of the database is one, without a password in it.",
        ("database.url",),
    ),
    "config.limits": ("The limits are on, and go together.", tuple(_names_of("limits"))),
    "config.tokens": (
        "Keys verify for as long as what they signed.",
        ("auth.key_grace_days", "auth.refresh_token_seconds"),
    ),
    "config.secrets": (
        "Every secret has one source that nobody else reads.",
        tuple(setting.name for setting in reference() if setting.is_secret),
    ),
}
"""The settings whose findings have a check of their own, and what is wanted of them."""
_REFERENCE = "`synctv config reference` lists every setting"


def syntax(premises: Premises) -> Verdict:
    """`synctv.toml` is TOML."""
    if not premises.config_file.exists():
        if premises.refusal is not None and not premises.refusal.errors:
            return ill(premises.refusal.message, "name a file that exists, or write one with `synctv init`")
        return well("there is no file: defaults and environment hold")
    try:
        read_toml(premises.config_file)
    except ConfigurationInvalid as error:
        return ill(error.message, error.hint or "mend the file; `synctv config check` looks again")
    return well(f"{premises.config_file} can be read")


def names(premises: Premises) -> Verdict:
    """No setting is misspelt."""
    known = {setting.name for setting in reference()}
    if unknown := [error for error in _refused(premises) if error.field not in known]:
        return ill(_joined(unknown), f"correct or remove it; {_REFERENCE}")
    return well("every setting in it is known")


def values(premises: Premises) -> Verdict:
    """Every other value is one that can be."""
    spoken_for = {name for _, group in _ADVICE.values() for name in group}
    known = {setting.name for setting in reference()} - spoken_for
    if bad := [error for error in _refused(premises) if error.field in known]:
        return ill(_joined(bad), f"correct it; {_REFERENCE}")
    return well("every value is in its range")


async def runtime(premises: Premises) -> Verdict:
    """What was set in the running server is still possible."""
    await premises.rows("SELECT 1 FROM settings")
    if not premises.unusable:
        return well("what was set in the running server is possible")
    names = " and ".join(f"`synctv settings unset {each.field}`" for each in premises.unusable)
    return doubtful(f"not used: {_joined(list(premises.unusable))}", names)


def _on(settings: tuple[str, ...]) -> Callable[[Premises], Verdict]:
    def findings(premises: Premises) -> Verdict:
        if refused := [error for error in _refused(premises) if error.field in settings]:
            return ill(_joined(refused), "`synctv config check` looks again")
        warnings = premises.loaded.warnings if premises.loaded else ()
        for warning in warnings:
            if warning.setting in settings:
                return doubtful(f"{warning.setting}: {warning.message}", warning.fix)
        return well(f"{settings[0]} is in order" if len(settings) == 1 else "they are in order")

    return findings


def _refused(premises: Premises) -> tuple[FieldError, ...]:
    if premises.refusal is None:
        return ()
    if not premises.refusal.errors:
        raise NotExaminable("the configuration cannot be read")
    return premises.refusal.errors


def _joined(errors: list[FieldError]) -> str:
    return "; ".join(f"{error.field}: {error.message}" for error in errors)


CHECKS = (
    Check("config.syntax", syntax),
    Check("config.names", names),
    Check("config.values", values),
    Check("config.runtime", runtime),
    *(Check(name, _on(settings), about) for name, (about, settings) in _ADVICE.items()),
)
