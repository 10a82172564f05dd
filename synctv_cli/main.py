"""The Typer application: the menu of commands, the global flags, and the edge where errors become exit codes.

A command's module is imported when the command is named, never for the menu: a start costs what it uses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from synctv_cli.arguments import GLOBAL_FLAGS, GlobalFlag, read_global_flags, wants_json
from synctv_cli.commands import LightGroup
from synctv_cli.context import Invocation
from synctv_cli.failures import FAILED, INTERRUPTED, NOT_PERMITTED, Failure, Usage, expected
from synctv_cli.output import Output, Streams
from synctv_cli.views import Lines, Result
from synctv_server.domain.errors import SyncTVError

COMMANDS = {
    "serve": "Run the server; an empty data directory is initialised first.",
    "init": "Create configuration, keys and database.",
    "status": "Show what runs, and where.",
    "reload": "Have the running server read its configuration anew.",
    "health": "Ask a running server how it is (exit 0 or 1).",
    "doctor": "Look for everything that could be wrong, and say what to do.",
    "migrate": "Bring the database to another version, up or down.",
    "backup": "Save the installation to one file, check such a file, and restore it.",
    "database": "Move the database from SQLite to PostgreSQL, or back.",
    "keys": "Show the keys of this installation, and replace them.",
    "rotate-keys": "Sign with a new key (the same as `keys rotate`).",
    "secrets": "Show where secrets come from, check them, and replace them.",
    "user": "Create accounts and look after them.",
    "room": "List, show and close rooms.",
    "settings": "Change settings of the running server, without a restart.",
    "audit": "Judge the security of this installation; `audit log`: what was done, and by whom.",
    "config": "Show, check and change the configuration.",
    "completion": "Print the completions for bash, zsh or fish.",
    "version": "Show the versions of synctv and of what it runs on.",
}
"""The menu. The module of the same name (`-` is `_`) in `synctv_cli.commands` holds the command."""


class LazyCommands(Mapping[str, TyperCommand | TyperGroup]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        if name not in COMMANDS:
            raise KeyError(name)
        command = get_command(import_module(f"synctv_cli.commands.{name.replace('-', '_')}").app)
        if not isinstance(command, TyperCommand | TyperGroup):
            raise TypeError(f"{name} is no command of Typer")
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Menu(LightGroup):
    """The root group. Its list of commands is the table above, so that `--help` imports none of them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": LazyCommands()})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Options"):
            formatter.write_dl(
                [
                    *(
                        (f"{flag.name} {flag.metavar}".rstrip(), _flag_help(flag))
                        for flag in GLOBAL_FLAGS.values()
                    ),
                    ("--version", "Show the version and exit."),
                    ("-h, --help", "Show this message, or the help of a command, and exit."),
                ]
            )
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _flag_help(flag: GlobalFlag) -> str:
    return f"{flag.help}  [env: {flag.variable}]" if flag.variable else flag.help


app = typer.Typer(
    cls=Menu,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The options may also stand behind the command.",
)


@app.callback()
def synctv() -> None:
    """SyncTV: watch the same video at the same moment. `synctv serve` starts a server."""


def run(
    arguments: Sequence[str], streams: Streams | None = None, environ: Mapping[str, str] | None = None
) -> int:
    """Carries out one command line and returns its exit code (contract §1). Never raises."""
    environ = os.environ if environ is None else environ
    output = Output(streams or Streams.of_process(), as_json=wants_json(arguments), environ=environ)
    invocation = Invocation(output, environ)
    try:
        line = read_global_flags(arguments)
        invocation.apply(line)
        code = _carry_out(line.rest or _nothing_said(output), invocation)
    except BrokenPipeError:
        _forget_stdout()
        code = FAILED
    except (Exception, KeyboardInterrupt) as error:  # the edge of the command line
        failure = _failure(error, invocation)
        output.fail(failure)
        code = failure.exit_code
    return min(code, FAILED) if invocation.command == "health" else code


def _nothing_said(output: Output) -> list[str]:
    """What bare `synctv` means: a person wants to see what there is, a script has made a mistake."""
    return [] if output.as_json else ["--help"]


def _carry_out(words: Sequence[str], invocation: Invocation) -> int:
    """Runs the command and shows its result. What Typer itself prints is help: a result like any other."""
    with redirect_stdout(StringIO()) as printed:
        answer = get_command(app).main(words, prog_name="synctv", standalone_mode=False, obj=invocation)
    if help_text := printed.getvalue():
        answer = Result({"help": help_text}, Lines(help_text.splitlines()))
    if answer == INTERRUPTED:  # what Typer makes of a KeyboardInterrupt
        raise KeyboardInterrupt
    if isinstance(answer, Result):
        invocation.output.show(answer)
        return answer.exit_code
    return 0


def _failure(error: BaseException, invocation: Invocation) -> Failure:
    while isinstance(error, BaseExceptionGroup):  # a task group wraps what ended it
        error = error.exceptions[0]
    if isinstance(error, SyncTVError):
        return expected(error)
    if isinstance(error, TyperException):
        return _usage_failure(error)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return Failure("interrupted", "interrupted", INTERRUPTED)
    if isinstance(error, PermissionError):
        hint = "Run the command as the user who owns the data directory."
        return Failure("forbidden", f"{error.filename}: {error.strerror}", NOT_PERMITTED, hint)
    from synctv_cli import crash

    invocation.output.trace(crash.stack(error))
    return crash.record(error, invocation.known_data_dir)


def _usage_failure(error: TyperException) -> Failure:
    """Typer's own errors."""
    context = getattr(error, "ctx", None)
    if context is None:
        return expected(Usage(error.format_message()))
    message = error.format_message()
    if message == context.get_help():  # a group that was named alone
        message = (
            f"`{context.command_path}` needs a command: {', '.join(context.command.list_commands(context))}"
        )
    return expected(Usage(message, hint=f"See `{context.command_path} --help`."))


def _forget_stdout() -> None:
    """Whoever read the output is gone; Python must not try to flush the rest at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
