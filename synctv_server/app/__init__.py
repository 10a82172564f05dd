"""The composition root: settings in, every part built in order on one exit stack, the doors' applications out.

`supervisor` serves what `open_application` gives; the command line opens it in its own process when no server runs.
"""

from __future__ import annotations

from synctv_server.app.application import Application, open_application

__all__ = ["Application", "open_application"]
