"""Moments as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.times import from_rfc3339, to_rfc3339


@given(st.integers(0, 4_102_444_800_000))
def test_moment_survives_its_text(moment: int) -> None:
    assert from_rfc3339(to_rfc3339(moment)) == moment


def test_offset_is_taken_into_account_and_demanded() -> None:
    assert from_rfc3339("2026-01-01T02:00:00+02:00") == from_rfc3339("2026-01-01T00:00:00Z")
    with pytest.raises(ValueError, match="offset"):
        from_rfc3339("2026-01-01T00:00:00")
    with pytest.raises(ValueError, match="Invalid"):
        from_rfc3339("yesterday")
