"""Our two Piccolo engines, and what the errors of their drivers mean. Opened by `store/database.py`."""

from __future__ import annotations
