"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A slow machine is no fault of the property, and a failure has to come back on the next run of the same commit.
settings.register_profile("synctv", deadline=None, derandomize=True)
settings.load_profile("synctv")
