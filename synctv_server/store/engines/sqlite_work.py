"""What runs in the thread of SQLite from BEGIN to COMMIT. Called by the engine, in that thread.

A hop to the thread and back costs more than most statements do, so a whole transaction takes one. Stores are
coroutines, and here every statement is at hand: each runs through without being suspended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Sequence
from contextvars import Context
from typing import Any

from synctv_server.store.engine import Row, StoreEngine
from synctv_server.store.transaction import Transaction, Work


class Here:
    """The writer for one who is in its thread."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        return self._connection.execute(sql, arguments).fetchall()


def carry_out(
    engine: StoreEngine, connection: sqlite3.Connection, begin: str, works: Sequence[Work]
) -> list[Transaction | Exception]:
    """All in one transaction, each in a savepoint: what has failed is undone alone.

    Gives for each the transaction whose hooks are to be run, or its error. Raises when nothing was kept.
    """
    connection.executescript(begin)
    try:
        done = [_attempt(engine, connection, work) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return done


def _attempt(engine: StoreEngine, connection: sqlite3.Connection, work: Work) -> Transaction | Exception:
    transaction = Transaction(engine, durable=False)
    transaction.connection = Here(connection)
    connection.execute("SAVEPOINT work")
    try:
        context = Context()
        context.run(engine.current_transaction.set, transaction)
        context.run(_run_through, work(transaction))
    except Exception as error:
        if not connection.in_transaction:  # SQLite itself has undone everything (disk full)
            raise
        connection.execute("ROLLBACK TO work")
        engine.observer.rolled_back()
        return error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE work")
    return transaction


def _run_through(work: Coroutine[Any, Any, None]) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("work in a transaction has waited for something else than a store")
