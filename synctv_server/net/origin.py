"""Where the request that is being answered came from. Set by the edge, read by the audit log."""

from __future__ import annotations

from contextvars import ContextVar

origin: ContextVar[str] = ContextVar("origin", default="")
"""The client's address behind trusted proxies; empty over the control socket and in jobs."""
