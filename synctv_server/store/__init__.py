"""How SyncTV keeps things: Piccolo over SQLite or PostgreSQL. Rows never leave this package.

`open_database` gives the Database that every store is built on; there is one store class per noun.
"""

from __future__ import annotations

from synctv_server.store.database import Database, open_database
from synctv_server.store.observer import StoreObserver
from synctv_server.store.transaction import Transaction, Work

__all__ = ["Database", "StoreObserver", "Transaction", "Work", "open_database"]
