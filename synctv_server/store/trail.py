"""The end of the audit log as this process knows it, and the file outside the database that remembers it.

A database whose log ends before the file was cut. Used by `store.chain` at each append; made by `app`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from synctv_server.config.private_files import write_private
from synctv_server.domain.audit import EMPTY, Head
from synctv_server.domain.times import Millis, Now

_log = logging.getLogger(__name__)


def wall_clock() -> Millis:
    """The time of this machine."""
    return time.time_ns() // 1_000_000


def head_document(head: Head) -> str:
    """The text of the file that remembers this head."""
    return json.dumps({"count": head.count, "hash": head.hash})


class AuditTrail:
    """Without a `file` the memory is this process's alone.

    `is_renewed` is for a database that was put in place of another: what the file says is forgotten, and the
    next entry writes it anew.
    """

    def __init__(self, file: Path | None = None, *, now: Now = wall_clock, is_renewed: bool = False) -> None:
        self.now = now
        self._file = file
        self._writing = asyncio.Lock()
        self._may_go_back = is_renewed
        self._in_file: Head | None = None
        self._seen: Head | None = EMPTY
        if not is_renewed:
            self._in_file = self._seen = self.read()

    @property
    def seen(self) -> Head | None:
        """The newest end that this process knows; None where the file cannot be read as one."""
        return self._seen

    def read(self) -> Head | None:
        """What the file says now: the empty head where there is none, None where it is damaged."""
        if self._file is None:
            return EMPTY
        try:
            document = json.loads(self._file.read_bytes())
            return Head(int(document["count"]), str(document["hash"]))
        except FileNotFoundError:
            return EMPTY
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def going_back(self) -> Iterator[Callable[[Head], None]]:
        """Gives what sets the memory back to an earlier end, so that an entry may follow it and the file is written
        anew. When the block raises, all is remembered again."""
        seen = self._seen

        def go_back(head: Head) -> None:
            self._seen, self._may_go_back = head, True

        try:
            yield go_back
        except BaseException:
            self._seen, self._may_go_back = seen, False
            raise

    async def keep(self, head: Head) -> None:
        """Remember this end, which is committed. Several at once become one write; a failure is logged.

        The file may stay behind the database, never the other way round.
        """
        if self._seen is None or head.count > self._seen.count:
            self._seen = head
        if self._file is None:
            return
        async with self._writing:
            newest = self._seen
            if self._in_file == newest:
                return
            try:
                await asyncio.to_thread(self._write, newest)
            except OSError as error:
                _log.warning("the head of the audit log was not written: %s", error)

    def _write(self, head: Head) -> None:
        present = None if self._may_go_back else self.read()
        if self._file is None or (present is not None and present.count > head.count):
            return
        write_private(self._file, head_document(head))
        self._in_file = head
        self._may_go_back = False
