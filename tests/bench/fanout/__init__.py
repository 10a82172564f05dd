"""What a delivered message costs: the installed server against a C loop of `send` and a plain `await send_text` server.

Server on one core, viewers on another, over loopback without TLS. Every figure stands beside the C loop measured in
turn with it in the same run, at the same pace, frame size and number of viewers.
"""

from __future__ import annotations

from tests.bench.fanout.report import main

__all__ = ["main"]
