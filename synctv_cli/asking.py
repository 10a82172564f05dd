"""Questions to the person at the terminal. Where there is none, the missing answer is a usage error naming its flag."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TextIO

from synctv_cli.failures import Usage
from synctv_cli.output import Output


def confirm(output: Output, question: str, *, is_given: bool) -> None:
    """Goes on when `--yes` was given or the person says yes. Raises Usage otherwise."""
    if is_given:
        return
    if not _has_person(output):
        raise Usage(f"{question} There is no terminal to ask on", hint="Say yes beforehand with --yes.")
    output.ask(f"{question} [y/N] ")
    if output.streams.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Usage("nothing was done")


def read_password(output: Output, *, from_stdin: bool, file: Path | None) -> str:
    """The password from stdin or a file (its first line), else asked for twice. Raises Usage where none is given.

    Never an argument: those stand in the process list.
    """
    if from_stdin and file is not None:
        raise Usage("--password-stdin and --password-file are two answers to one question; give one of them")
    if from_stdin:
        return _first_line(_typed(output.streams.stdin), "--password-stdin: stdin")
    if file is not None:
        return _first_line(_content(file), f"--password-file: {file}")
    if not _has_person(output):
        raise Usage(
            "a password is needed, and there is no terminal to ask on",
            hint="Give it by --password-stdin, or name a file that holds it with --password-file.",
        )
    password = getpass.getpass("Password: ", stream=output.streams.stderr)
    if password != getpass.getpass("The same again: ", stream=output.streams.stderr):
        raise Usage("the two passwords are not the same")
    return password


def _has_person(output: Output) -> bool:
    return output.streams.stdin.isatty() and output.streams.stderr.isatty()


def _typed(stdin: TextIO) -> str:
    try:
        line = stdin.readline()
        line.encode()  # in the C locale Python lets other bytes through as lone surrogates
    except UnicodeError as error:
        raise Usage("--password-stdin: stdin is no valid UTF-8 text") from error
    return line


def _content(file: Path) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "is no text").lower()
        raise Usage(f"--password-file: {file}: {reason}") from error


def _first_line(text: str, source: str) -> str:
    line = text.splitlines()[0] if text else ""
    if not line:
        raise Usage(f"{source} holds no password")
    return line
