"""SyncTV's server: what `synctv serve` runs. The command line around it is `synctv_cli`."""

from __future__ import annotations

__version__ = "0.1.0"
