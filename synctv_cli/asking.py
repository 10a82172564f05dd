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
        return _first_line(_content(file, "--password-file"), f"--password-file: {file}")
    if not _has_person(output):
        raise Usage(
            "a password is needed, and there is no terminal to ask on",
            hint="Give it by --password-stdin, or name a file that holds it with --password-file.",
        )
    password = getpass.getpass("Password: ", stream=output.streams.stderr)
    if password != getpass.getpass("The same again: ", stream=output.streams.stderr):
        raise Usage("the two passwords are not the same")
    return password


def read_secret(output: Output, *, from_stdin: bool, file: Path | None) -> str:
    """A secret value from stdin or a file (all of it, without blanks around it), else asked for without showing it.

    Raises Usage where none is given, or an empty one. Never an argument: those stand in the process list.
    """
    if from_stdin and file is not None:
        raise Usage("--value-stdin and --value-file are two answers to one question; give one of them")
    if from_stdin:
        value, source = _all_of(output.streams.stdin), "stdin"
    elif file is not None:
        value, source = _content(file, "--value-file"), str(file)
    elif _has_person(output):
        value, source = getpass.getpass("Value: ", stream=output.streams.stderr), "what was typed"
    else:
        raise Usage(
            "a value is needed, and there is no terminal to ask on",
            hint="Give it by --value-stdin, or name a file that holds it with --value-file.",
        )
    if not value.strip():
        raise Usage(f"{source} holds no value")
    return value.strip()


def _has_person(output: Output) -> bool:
    return output.streams.stdin.isatty() and output.streams.stderr.isatty()


def _typed(stdin: TextIO) -> str:
    try:
        line = stdin.readline()
        line.encode()  # in the C locale Python lets other bytes through as lone surrogates
    except UnicodeError as error:
        raise Usage("--password-stdin: stdin is no valid UTF-8 text") from error
    return line


def _all_of(stdin: TextIO) -> str:
    try:
        text = stdin.read()
        text.encode()
    except UnicodeError as error:
        raise Usage("--value-stdin: stdin is no valid UTF-8 text") from error
    return text


def _content(file: Path, flag: str) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "is no text").lower()
        raise Usage(f"{flag}: {file}: {reason}") from error


def _first_line(text: str, source: str) -> str:
    line = text.splitlines()[0] if text else ""
    if not line:
        raise Usage(f"{source} holds no password")
    return line
