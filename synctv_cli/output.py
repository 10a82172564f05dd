"""The only module that prints: results on stdout, everything else on stderr, as text or as one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from synctv_cli.failures import Failure
from synctv_cli.views import Fields, Lines, Result, Table, View, clean

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 120


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a command reads and writes; tests hand in their own."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

    @classmethod
    def of_process(cls) -> Streams:
        return cls(sys.stdin, sys.stdout, sys.stderr)


class Output:
    """How one run of the command speaks. With `as_json` it says exactly one document, whatever happens."""

    def __init__(self, streams: Streams, *, as_json: bool, environ: Mapping[str, str]) -> None:
        self.streams = streams
        self.as_json = as_json
        self.is_quiet = False
        self.is_verbose = False
        self.has_colour = not environ.get("NO_COLOR")
        self._has_answered = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees stdout, and not a file, a pipe or a log."""
        return self.streams.stdout.isatty()

    def show(self, result: Result) -> None:
        """Gives the result."""
        if self.as_json:
            self._answer({"ok": True, "result": result.value})
        else:
            self._draw(result.view)
        self._has_answered = True

    def fail(self, failure: Failure) -> None:
        """Gives the error. Where the one document was already given, it goes to stderr as text."""
        if not self.as_json or self._has_answered:
            self._fail_in_words(failure)
            return
        error: dict[str, object] = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        if failure.errors:
            error["errors"] = [{"field": each.field, "message": each.message} for each in failure.errors]
        if failure.id:
            error["id"] = failure.id
        self._answer({"ok": False, "error": error})

    def note(self, text: str) -> None:
        """Says something beside the result: progress, what comes next. Silent with `--quiet`."""
        if not self.is_quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Says something that even `--quiet` does not hide."""
        self.streams.stderr.write("".join(f"{clean(line)}\n" for line in text.splitlines()))
        self.streams.stderr.flush()

    def ask(self, question: str) -> None:
        """Puts a question; the answer is read from stdin by `asking`."""
        self.streams.stderr.write(clean(question))
        self.streams.stderr.flush()

    def trace(self, text: str) -> None:
        """Shows a stack to who asked for it by `--verbose`."""
        if self.is_verbose:
            self.streams.stderr.write(text)

    def _answer(self, document: dict[str, object]) -> None:
        text = json.dumps(document, ensure_ascii=False, indent=2 if self.is_terminal else None)
        self.streams.stdout.write(f"{text}\n")
        self.streams.stdout.flush()

    def _fail_in_words(self, failure: Failure) -> None:
        self.warn(f"Error: {failure.message}")
        for each in failure.errors:
            if each.message not in failure.message:
                self.warn(f"  {each.field}: {each.message}")
        if failure.hint:
            self.warn(failure.hint)

    def _draw(self, view: View) -> None:
        if isinstance(view, Table) and not view.rows:
            self.note(view.empty)
        elif isinstance(view, Table):
            _draw_table(self._console(), view)
        elif self.is_terminal:
            _draw_lines(self._console(), view)
        else:
            self.streams.stdout.write("".join(f"{name}{text}\n" for name, text, _ in _lines_of(view)))
        self.streams.stdout.flush()

    def _console(self) -> Console:
        from rich.console import Console

        width = None if self.is_terminal else _WIDEST
        return Console(
            file=self.streams.stdout, no_color=not self.has_colour, width=width, highlight=False, emoji=False
        )


def _lines_of(view: Lines | Fields) -> Iterator[tuple[str, str, str]]:
    """Each line as its name, its text and the style of the text."""
    if isinstance(view, Lines):
        yield from (("", clean(line), "bold" if line in view.strong else "") for line in view.lines)
        return
    shown = [(name, value) for name, value in view.pairs if value is not None]
    width = max(len(name) for name, _ in shown)
    yield from ((f"{name:{width}}  ", clean(value), "") for name, value in shown)


def _draw_lines(console: Console, view: Lines | Fields) -> None:
    from rich.text import Text

    hang = view.hang if isinstance(view, Lines) else None
    for name, text, style in _lines_of(view):
        for line in [text] if hang is None else _folded(text, console.width, hang):
            console.print(Text.assemble((name, "dim"), (line, style)), soft_wrap=True)


def _folded(text: str, width: int, hang: int) -> list[str]:
    """At spaces, so that a path or an address stays in one piece."""
    import textwrap

    return textwrap.wrap(
        text, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    ) or [text]


def _draw_table(console: Console, view: Table) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in view.columns:
        grid.add_column(column, no_wrap=column in view.keep, overflow="fold")
    for row in view.rows:
        grid.add_row(*(Text(clean(cell)) for cell in row))
    console.print(grid)
