"""Where a secret may come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from synctv_server.config.secrets import Secret, SecretRefused, SecretSources, secret_file

VALUE = "correct-horse-battery-staple"


class Places:
    """The five places of one secret, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.run_secrets = folder / "run-secrets"
        self.credentials = folder / "credentials"
        for made in (self.data_dir / "keys", self.run_secrets, self.credentials):
            made.mkdir(parents=True)
        self.named = folder / "named"
        self.environ: dict[str, str] = {"CREDENTIALS_DIRECTORY": str(self.credentials)}

    def path(self, place: str) -> str:
        """The file of a place, or the variable."""
        return {
            "run secrets": f"{self.run_secrets}/database-password",
            "credentials": f"{self.credentials}/database-password",
            "data directory": str(secret_file(self.data_dir, "database.password")),
            "named file": str(self.named),
            "environment": "SYNCTV__DATABASE__PASSWORD",
        }[place]

    def fill(self, place: str, *, mode: int = 0o600) -> None:
        if place == "environment":
            self.environ[self.path(place)] = VALUE
            return
        if place == "named file":
            self.environ["SYNCTV__DATABASE__PASSWORD_FILE"] = str(self.named)
        file = Path(self.path(place))
        file.write_text(f"{VALUE}\n")
        file.chmod(mode)

    def find(self) -> Secret | None:
        return SecretSources(self.data_dir, self.environ, self.run_secrets).find("database.password")


PLACES = ["run secrets", "credentials", "data directory", "named file", "environment"]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_secret_that_is_nowhere_is_none(places: Places) -> None:
    assert places.find() is None


@pytest.mark.parametrize("place", PLACES)
def test_secret_is_found_in_each_place_and_never_shown(places: Places, place: str) -> None:
    places.fill(place)
    secret = places.find()
    assert secret is not None
    assert secret.reveal() == VALUE
    assert VALUE not in f"{secret!r} {secret}"
    assert f"{len(VALUE)} characters" in repr(secret)


@pytest.mark.parametrize("second", PLACES[1:])
def test_two_sources_are_refused_naming_both(places: Places, second: str) -> None:
    places.fill("run secrets")
    places.fill(second)
    with pytest.raises(SecretRefused) as refused:
        places.find()
    assert str(places.run_secrets / "database-password") in str(refused.value)
    assert places.path(second) in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
@pytest.mark.parametrize("place", ["data directory", "named file"])
def test_file_that_others_can_read_is_refused_with_the_chmod(places: Places, place: str, mode: int) -> None:
    places.fill(place, mode=mode)
    with pytest.raises(SecretRefused, match="chmod 600 /"):
        places.find()


@pytest.mark.parametrize("place", ["run secrets", "credentials"])
def test_modes_that_the_system_sets_are_its_own_business(places: Places, place: str) -> None:
    places.fill(place, mode=0o444)
    assert places.find() is not None


def test_empty_secret_is_refused(places: Places) -> None:
    places.fill("data directory")
    secret_file(places.data_dir, "database.password").write_text("\n")
    with pytest.raises(SecretRefused, match="is empty"):
        places.find()


def test_named_file_that_is_not_there_is_refused(places: Places) -> None:
    places.environ["SYNCTV__DATABASE__PASSWORD_FILE"] = "/nowhere/at/all"
    with pytest.raises(SecretRefused, match=r"/nowhere/at/all: no such file"):
        places.find()


def test_secret_that_is_no_text_is_refused(places: Places) -> None:
    places.fill("data directory")
    secret_file(places.data_dir, "database.password").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretRefused, match="is no text"):
        places.find()
