"""The sockets of a server: bound, refused with a reason, replaced where a dead one left them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from synctv_server.domain.errors import ConfigurationInvalid, Conflict
from synctv_server.supervisor.control_socket import (
    PEER_EXTENSION,
    bind_control_socket,
    control_socket_path,
    peer_of,
    with_peer,
)
from synctv_server.supervisor.listeners import bind_tcp
from synctv_server.supervisor.systemd import notify


def test_a_port_in_use_names_the_port_and_the_cure() -> None:
    with bind_tcp("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(Conflict) as caught:
            bind_tcp("127.0.0.1", port)
    assert caught.value.exit_code == 9
    assert str(port) in caught.value.message
    assert "--port" in (caught.value.hint or "")


def test_a_port_is_free_again_at_once() -> None:
    with bind_tcp("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            first.accept()[0].close()  # the closing side keeps the pair in TIME_WAIT
            assert client.recv(1) == b""
    bind_tcp("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_a_fault_of_the_configuration(host: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"server\.host"):
        bind_tcp(host, 0)


def test_the_control_socket_is_for_its_owner_alone_and_knows_its_peer(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with bind_control_socket(path) as listener, socket.socket(socket.AF_UNIX) as client:
        assert path.stat().st_mode & 0o777 == 0o600
        client.connect(str(path))
        listener.setblocking(True)
        connection, _ = listener.accept()
        with connection:
            assert peer_of(connection) == {"uid": os.getuid(), "pid": os.getpid()}


def test_the_socket_of_a_killed_server_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    bind_control_socket(path).close()
    assert path.exists()
    bind_control_socket(path).close()


def test_a_living_server_on_the_control_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with bind_control_socket(path), pytest.raises(Conflict, match="another server"):
        bind_control_socket(path)


def test_a_file_in_the_place_of_the_control_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(Conflict, match="no socket"):
        bind_control_socket(path)
    assert path.read_text() == "mine"


def test_a_path_too_long_for_a_socket_moves_to_the_runtime_folder(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120) / "control.sock"
    short = tmp_path / "control.sock"
    environ = {"XDG_RUNTIME_DIR": "/run/user/1000"}
    assert control_socket_path(short, environ) == short
    moved = control_socket_path(long, environ)
    assert moved.parent == Path("/run/user/1000")
    assert moved == control_socket_path(long, environ)
    assert moved != control_socket_path(long.with_name("other.sock"), environ)
    with pytest.raises(ConfigurationInvalid, match="longer than"):
        control_socket_path(long, {})


async def test_the_application_is_told_who_calls() -> None:
    seen = []

    async def application(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(scope["extensions"])

    await with_peer(application, {"uid": 7, "pid": 9})(
        {"type": "http", "extensions": {"other": {}}}, None, None
    )
    assert seen == [{"other": {}, PEER_EXTENSION: {"uid": 7, "pid": 9}}]


def test_systemd_is_told_where_it_asks(tmp_path: Path) -> None:
    path = tmp_path / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        environ = {"NOTIFY_SOCKET": str(path)}
        notify("READY=1", environ)
        assert manager.recv(64) == b"READY=1"
    notify("STOPPING=1", environ)  # the manager is gone: nothing happens
