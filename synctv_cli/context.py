"""What one run of the command knows: its global flags, and the settings of the installation, read once.

Made by `main`; a command gets it by `Invocation.of(ctx)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synctv_cli.arguments import CommandLine
from synctv_cli.output import Output

if TYPE_CHECKING:
    import typer

    from synctv_server.config.sources import LoadedSettings
    from synctv_server.upkeep.migrate import Done

_MANY_ROWS = 10_000

Flags = Mapping[str, str | int | bool]


@dataclass(slots=True)
class Invocation:
    """The global flags, before any setting is read."""

    output: Output
    environ: Mapping[str, str]
    command: str = ""
    data_dir_flag: Path | None = None
    config_flag: Path | None = None
    _data_dir: Path | None = field(default=None, repr=False)

    @classmethod
    def of(cls, ctx: typer.Context) -> Invocation:
        """The invocation that a command runs in."""
        found: Any = ctx.find_root().obj
        if not isinstance(found, cls):
            raise TypeError("the command was started without its invocation")
        return found

    def apply(self, line: CommandLine) -> None:
        """Takes over what the command line says for all commands."""
        self.command = next(iter(line.rest), "")
        self.data_dir_flag = _path(line.values.get("--data-dir"))
        self.config_flag = _path(line.values.get("--config"))
        output = self.output
        output.is_quiet = "--quiet" in line.switches
        output.is_verbose = "--verbose" in line.switches
        output.has_colour = output.has_colour and "--no-color" not in line.switches

    @property
    def data_dir(self) -> Path:
        """The data directory of the contract's order, whether it exists or not."""
        if self._data_dir is None:
            from synctv_server.config.places import resolve_data_dir

            self._data_dir = resolve_data_dir(self.data_dir_flag, self.environ)
        return self._data_dir

    def load(self, flags: Flags | None = None) -> LoadedSettings:
        """The settings, with the flags of the command on top; what is doubtful in them is said on the way.

        Raises ConfigurationInvalid with every problem found.
        """
        loaded = self.load_silently(flags)
        for warning in loaded.warnings:
            self.output.note(f"Warning: {warning.setting}: {warning.text}")
        return loaded

    def load_silently(self, flags: Flags | None = None) -> LoadedSettings:
        """As `load`, for a command that shows the warnings itself."""
        from synctv_server.config.sources import load

        return load(
            data_dir=self.data_dir, config_file=self.config_flag, flags=flags or {}, environ=self.environ
        )

    def load_with(self, config_file: Path | None) -> LoadedSettings:
        """As `load_silently`, by another configuration file where one is given."""
        from synctv_server.config.sources import load

        return load(data_dir=self.data_dir, config_file=config_file or self.config_flag, environ=self.environ)

    def load_installed(self) -> LoadedSettings:
        """As `load`, for a command that needs an installation. Raises NotFound where there is none."""
        self.require_installation()
        return self.load()

    def require_installation(self) -> None:
        """Raises NotFound where there is none."""
        from synctv_server.domain.errors import NotFound

        if not self.data_dir.is_dir():
            raise NotFound(
                f"there is no installation in {self.data_dir}",
                code="not_found.installation",
                hint="`synctv init` or `synctv serve` makes one; --data-dir names another place.",
            )

    def tell_step(self, done: Done) -> None:
        """Says that a migration is through."""
        verb = "applied" if done.direction == "up" else "undid"
        self.output.note(f"[{done.place}/{done.total}] {verb} {done.id}_{done.name} {done.took_ms} ms")

    def tell_table(self, name: str, rows: int) -> None:
        """Says that the rows of a table are through; small ones are not worth a line."""
        if rows >= _MANY_ROWS:
            self.output.note(f"{name}: {rows} rows")

    @property
    def known_data_dir(self) -> Path | None:
        """The data directory as far as it was asked for; for the way out of a crash, where nothing may fail."""
        return self._data_dir


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
