"""`synctv.lock`: who holds it, who waits, who is told what."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from synctv_server.domain.errors import Conflict, Forbidden
from synctv_server.supervisor.lock import Holder, InstallationLock, held


def test_a_second_one_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    first, second = InstallationLock(tmp_path), InstallationLock(tmp_path)
    assert first.take_now("serve")
    first.tell(Holder(42, "serve", "http://127.0.0.1:8080", "http://127.0.0.1:8080"))
    assert not second.take_now("serve")
    refusal = second.refusal()
    assert refusal.exit_code == 9
    assert "pid 42" in refusal.message
    assert "http://127.0.0.1:8080" in refusal.message
    first.release()
    assert second.take_now("serve")
    second.release()


def test_a_killed_holder_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from synctv_server.supervisor.lock import InstallationLock; "
        "print(InstallationLock(Path(sys.argv[1])).take_now('serve'), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        lock = InstallationLock(tmp_path)
        # The object of the other process was collected, its descriptor was not: a lock lives with the process.
        assert lock.find_holder() == Holder(process.pid, "serve")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert lock.find_holder() is None
    assert lock.take_now("serve")
    lock.release()


async def test_beside_a_server_nobody_waits(tmp_path: Path) -> None:
    server = InstallationLock(tmp_path)
    server.take_now("serve")
    async with asyncio.timeout(1):
        with pytest.raises(Conflict, match="a server already runs"):
            async with held(tmp_path, "serve"):
                pass
    server.release()


async def test_a_command_is_waited_for_until_the_deadline(tmp_path: Path) -> None:
    command = InstallationLock(tmp_path)
    command.take_now("user")
    with pytest.raises(Conflict, match="in use by `synctv user`"):
        async with held(tmp_path, "serve", wait_seconds=0.05):
            pass
    command.release()


def test_a_folder_that_does_not_exist_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="does not exist"):
        InstallationLock(tmp_path / "nowhere").take_now("user")


def test_a_folder_that_cannot_be_written_names_the_cure() -> None:
    # /proc is refused to everybody, root included.
    with pytest.raises(Forbidden) as caught:
        InstallationLock(Path("/proc")).take_now("serve")
    assert caught.value.exit_code == 7


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    lock = InstallationLock(tmp_path)
    lock.take_now("serve")
    assert (tmp_path / "synctv.lock").stat().st_mode & 0o777 == 0o600
    assert lock.find_holder() == Holder(os.getpid(), "serve")
    lock.release()
