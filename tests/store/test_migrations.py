"""The schema goes up, down and up again, and is what the code thinks it is."""

from __future__ import annotations

from synctv_server.upkeep.migrate import MigrationState, MigrationTarget, status, up


async def test_up_from_nothing_is_current(empty_url: str) -> None:
    target = MigrationTarget.from_url(empty_url)
    before = await status(target)
    assert before.state is MigrationState.PENDING
    assert before.current is None

    outcome = await up(target)

    after = await status(target)
    assert after.state is MigrationState.CURRENT
    assert after.current == after.latest
    assert [done.id for done in outcome.applied] == [one.id for one in before.pending]
    assert outcome.backup is None
