"""Viewers by the thousand from a process of their own: `crowd.c`, built and driven. For benchmarks and the load tool.

Everything is counted by the crowd itself: deliveries against what was said in each room, numbers against gaps, closes
by code. Delays are from the moment at which a line is sent to the moment at which a viewer has read it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import CLIENT_CORE, build, pinned

MOMENT = "@" * 16
"""Stands in a line for the moment at which it is said."""
MARK = '"text":"T'
SOURCE = Path(__file__).with_name("crowd.c")
_SPARE_FILES = 256


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one viewer goes. `room` counts from 0: a line is awaited by all who are in the speaker's."""

    room: int
    path: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one command came to. `delays_ms` has the 101 percentiles, of deliveries or, after `open`, of welcomes."""

    open: int
    seconds: float
    said: int
    expected: int
    deliveries: int
    frames: int
    presence_frames: int
    bytes: int
    gaps: int
    errors: int
    refused: int
    refusal: str
    closed: dict[int, int]
    delays_ms: tuple[float, ...]

    @property
    def p50_ms(self) -> float:
        return self.delays_ms[50]

    @property
    def p99_ms(self) -> float:
        return self.delays_ms[99]

    @property
    def most_ms(self) -> float:
        return self.delays_ms[100]

    @property
    def missing(self) -> int:
        return self.expected - self.deliveries

    def require_whole(self, what: str) -> None:
        """End the program when something was lost, out of order or refused: figures of a broken run are none."""
        faults = {"missing": self.missing, "gaps": self.gaps, "errors": self.errors, "refused": self.refused}
        if any(faults.values()):
            sys.exit(f"{what}: {faults} {self.refusal}")


class Crowd:
    """One running crowd. `start` and `answer` are the two halves of a command, for who does something meanwhile."""

    def __init__(self, process: subprocess.Popen[str], size: int) -> None:
        self._process = process
        self.size = size

    def start(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def answer(self) -> Heard:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the crowd ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        delays = found.pop("delay_ms", None) or found.pop("entry_ms")
        closed = {int(code): count for code, count in found.pop("closed").items()}
        return Heard(delays_ms=tuple(delays), closed=closed, **found)

    def do(self, command: str) -> Heard:
        self.start(command)
        return self.answer()

    def say(self, text: str) -> None:
        """Have this frame said from now on."""
        self.do(f"text {text}")

    def open(self, first: int, count: int, *, at_once: int = 20) -> Heard:
        """Bring these viewers in; those who are in already stay."""
        return self.do(f"open {first} {count} {at_once}")

    def rate(
        self, seconds: float, per_second: float, *, first: int = 0, step: int = 1, speakers: int = 1
    ) -> Heard:
        """Say lines at a pace, spoken in turn by every `step`th viewer from `first` on."""
        return self.do(f"rate {seconds} {per_second} {first} {step} {speakers}")

    def rounds(self, events: int, at_once: int) -> Heard:
        """So many viewers say a line at once, and again as soon as everybody has heard them all."""
        return self.do(f"rounds {events} {at_once}")

    def wait(self, seconds: float) -> Heard:
        return self.do(f"wait {seconds}")

    def stop(self, viewer: int) -> None:
        """This one reads nothing any more, and its delays count no more."""
        self.do(f"stop {viewer}")

    def go(self, viewer: int) -> None:
        """It reads again."""
        self.do(f"go {viewer}")

    def drop(self, first: int, count: int) -> None:
        """These hang up without a word."""
        self.do(f"drop {first} {count}")

    def beat(self, milliseconds: int) -> None:
        """Every viewer pings the clock and reports its position in turn, this often; 0: nobody does."""
        self.do(f"beat {milliseconds}")


@contextmanager
def crowd(
    folder: Path,
    port: int,
    seats: Sequence[Seat],
    say: str,
    *,
    is_greeted: bool = True,
    goes_first: bool = False,
) -> Iterator[Crowd]:
    """A crowd for these seats, nobody in yet. `is_greeted`: the server's first frame tells that a viewer is in.

    `goes_first`: it runs before everything else on its core (which takes root), so that another crowd there does not
    delay what it measures.
    """
    allow_files(len(seats) + _SPARE_FILES)
    program = folder / SOURCE.stem
    if not program.exists():
        build(SOURCE, folder)
    plan = folder / f"plan-{port}-{len(seats)}"
    plan.write_text("".join(f"{seat.room} {seat.path} {seat.token}\n" for seat in seats))
    words: list[str | Path] = [program, str(port), plan, MARK, "greeted" if is_greeted else "silent"]
    if goes_first:
        words = ["chrt", "--fifo", "1", *words]
    process = subprocess.Popen(
        pinned(CLIENT_CORE, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        started = Crowd(process, len(seats))
        started.say(say)
        yield started
    finally:
        process.kill()
        process.communicate()


def allow_files(wanted: int) -> None:
    """Let this process and its children hold so many files open. Ends the program with what to do where it cannot."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(
            f"{wanted:,} open files are needed, and this system allows {hard:,}: raise the limit "
            f"(`ulimit -Hn {wanted}` as root, or LimitNOFILE= of the service) or take fewer viewers"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
