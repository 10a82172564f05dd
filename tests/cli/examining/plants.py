"""Faults, each planted in a real installation as carelessness or bad luck would."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from synctv_server.domain.times import DAY
from tests.cli.examining.conftest import Install
from tests.support.install import as_root

NOBODY = 65_534
_MIB = 1_024 * 1_024


@dataclass(frozen=True, slots=True)
class Plant:
    """The check that must see it, how grave it must call it, and whether `--fix` must mend it."""

    check: str
    status: str
    act: Callable[[Install], object]
    is_mended: bool = False


def toml(text: str) -> Callable[[Install], object]:
    return lambda install: (install.home / "synctv.toml").write_text(text)


def setting(name: str, value: object) -> Callable[[Install], object]:
    return lambda install: install.set(name, value)


def loose(name: str, mode: int) -> Callable[[Install], object]:
    return lambda install: (install.home / name).chmod(mode)


def loose_new(name: str, mode: int) -> Callable[[Install], object]:
    def act(install: Install) -> None:
        path = install.home / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text("something")
        path.chmod(mode)

    return act


def sql(statement: str, *arguments: object) -> Callable[[Install], object]:
    return lambda install: install.sql(statement, *arguments)


def in_the_running_server(name: str, value: object) -> Callable[[Install], object]:
    """As `synctv settings set` keeps it, without asking whether it is possible."""
    return sql("INSERT INTO settings VALUES (?, ?, 1, 1, 'ann')", name, json.dumps(value))


def now() -> int:
    return time.time_ns() // 1_000_000


def move_away(install: Install) -> None:
    install.home.rename(install.home.with_name("moved"))


def two_sources_of_the_master_key(install: Install) -> None:
    install.environ["SYNCTV__KEYS__MASTER"] = (install.home / "keys/keys-master").read_text()


def strange_owner(install: Install) -> None:
    prefix = as_root()
    assert prefix is not None, "only root can give a file away"
    subprocess.run([*prefix, "chown", str(NOBODY), install.home / "synctv.toml"], check=True)


def foreign_home(install: Install) -> None:
    prefix = as_root()
    assert prefix is not None, "only root can give a folder away"
    subprocess.run([*prefix, "chown", str(NOBODY), install.home], check=True)


def dead_link(install: Install) -> None:
    (install.home / "keys" / "mail-password").symlink_to("/nonexistent/secret")


def no_keys_folder(install: Install) -> None:
    (install.home / "keys/keys-master").unlink()
    (install.home / "keys").rmdir()


def future_file(install: Install) -> None:
    later = time.time() + 3 * 86_400
    os.utime(install.home / "synctv.toml", (later, later))


def log_directory_is_a_file(install: Install) -> None:
    (install.home / "logs").write_text("no folder")
    install.set("observability.log_directory", "logs")


def much_log(install: Install) -> None:
    folder = install.home / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "synctv-2026-11-23.log").open("wb") as file:
        file.truncate(2_048 * _MIB)  # as long as that, and takes no room


def port_in_use(install: Install) -> None:
    other = socket.create_server(("127.0.0.1", 0))
    install.open_things.append(other)
    install.set("server.port", other.getsockname()[1])


def loopback_links(install: Install) -> None:
    install.set("server.host", "0.0.0.0")
    install.set("server.public_url", "http://localhost:8080")


def long_socket(install: Install) -> None:
    install.set("server.control_socket", "x" * 120)


def left_socket(install: Install) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(install.home / "control.sock"))
    (install.home / "control.sock").chmod(0o600)


def open_socket(install: Install) -> None:
    served = socket.socket(socket.AF_UNIX)
    served.bind(str(install.home / "control.sock"))
    served.listen()
    install.open_things.append(served)
    (install.home / "control.sock").chmod(0o666)


def unit_of_nothing(install: Install) -> None:
    folder = install.home.parent / ".config/systemd/user"
    folder.mkdir(parents=True)
    (folder / "synctv.service").write_text("[Service]\nExecStart=%h/.local/bin/synctv serve\n")


def damage(install: Install) -> None:
    """Noise in the pages behind the first ones, as a dying disk leaves it."""
    with sqlite3.connect(install.home / "synctv.db") as database:
        [[page, count]] = database.execute(
            "SELECT page_size, page_count FROM pragma_page_size, pragma_page_count"
        )
        [[first]] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages_room_id'")
    database.close()
    assert first <= count
    with (install.home / "synctv.db").open("r+b") as file:
        file.seek((first - 1) * page)
        file.write(os.urandom(page))


def orphan(install: Install) -> None:
    install.sql(
        "INSERT INTO messages (id, room_id, author_id, author_name, text, created_at, deleted)"
        " VALUES ('msg_x', 'room_nowhere', 'usr_x', 'ann', 'hello', 1, 0)"
    )


def long_log(install: Install) -> None:
    """A program that has the database open and has never let it write back."""
    database = sqlite3.connect(install.home / "synctv.db", isolation_level=None)
    database.execute("PRAGMA wal_autocheckpoint = 0")
    row = "INSERT INTO stored_answers VALUES ('a', 'r', {}, x'00', 200, zeroblob({}), 1)"
    for number in range(7):
        database.execute(row.format(number, 10 * _MIB))
    database.execute("DELETE FROM stored_answers")
    install.open_things.append(database)


def newer(install: Install) -> None:
    install.sql(
        "INSERT INTO schema_migrations SELECT 9999, 'later', checksum, down_sql, state, applied_at, 0, '99.0'"
        " FROM schema_migrations WHERE version = 1"
    )


def step_down(install: Install) -> None:
    assert install("migrate", "down", "--yes", "--no-backup").code == 0


def other_master_key(install: Install) -> None:
    (install.home / "keys/keys-master").write_text("A" * 43 + "=\n")


def waiting_key(install: Install) -> None:
    install.sql(
        "INSERT INTO keys (kid, purpose, algorithm, state, created_at, sealed)"
        " SELECT 'waiting', purpose, algorithm, 'next', created_at - ?, sealed FROM keys WHERE purpose = 'signing'",
        40 * DAY,
    )


def used_link(install: Install) -> None:
    make_account(install, "owner", "root")
    (install.home / "setup-link").write_text("http://127.0.0.1/setup#old\n")
    (install.home / "setup-link").chmod(0o600)


def nobody_is_root(install: Install) -> None:
    make_account(install, "ann", "user")


def make_account(install: Install, name: str, role: str) -> None:
    install.sql(
        "INSERT INTO users (id, username, name_key, role, status, created_at, version) VALUES (?, ?, ?, ?, ?, ?, 1)",
        f"usr_{name}", name, name, role, "active", now(),
    )  # fmt: skip


def old_sign_ins(install: Install) -> None:
    install.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        "INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, user_agent, address)"
        " SELECT 'ses_' || i, 'usr_x', 1, 1, 2, '', '' FROM n"
    )


def cut_log(install: Install) -> None:
    """Who deletes what they did from the database, head and all, forgets the file outside."""
    install.sql("DELETE FROM audit_entries")
    install.sql("UPDATE audit_head SET entries = 0")


def flipped_backup(install: Install) -> None:
    assert install("backup", "create", "--yes").code == 0
    [made] = (install.home / "backups").glob("synctv-*.zip")
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)


def cut_off_restore(install: Install) -> None:
    """Killed after its journal was written, before the file was renamed."""
    staged = install.home / ".synctv.toml.staged"
    staged.write_text("")
    move: dict[str, object] = {
        "source": str(staged),
        "target": str(install.home / "synctv.toml"),
        "aside": None,
        "clears": [],
    }
    (install.home / ".exchange.json").write_text(json.dumps([move]))


def library_is_a_file(install: Install) -> None:
    (install.home / "media").rmdir()
    (install.home / "media").write_text("no folder")


def film_behind_a_link(install: Install) -> None:
    (install.home / "media" / "film.mp4").symlink_to("/usr/share/film.mp4")


def text_instead_of_database(install: Install) -> None:
    (install.home / "synctv.db").write_text("this is no database, and long enough to be read as one " * 40)


PLANTS = (
    Plant("config.syntax", "fail", toml("[server\n")),
    Plant("config.names", "fail", toml("[server]\nprot = 1\n")),
    Plant("config.values", "fail", toml("[server]\ndrain_seconds = 99999\n")),
    Plant("config.values", "fail", toml('[auth]\nregistration = "perhaps"\n')),
    Plant("config.runtime", "warn", in_the_running_server("limits.chat_per_second", -5)),
    Plant("logs.level", "warn", in_the_running_server("observability.log_level", "debug")),
    Plant("config.proxies", "fail", setting("server.trusted_proxies", "0.0.0.0/0")),
    Plant("config.proxies", "warn", setting("server.public_url", "https://tv.example.org")),
    Plant("config.public_url", "fail", setting("server.public_url", "tv.example.org")),
    Plant("config.database_url", "warn", setting("database.url", "postgresql://a:secret@127.0.0.1:1/b")),
    Plant("config.limits", "warn", setting("limits.enabled", "false")),
    Plant("config.tokens", "fail", setting("auth.key_grace_days", 0)),
    Plant("config.secrets", "fail", two_sources_of_the_master_key),
    Plant("data_dir.exists", "fail", move_away),
    Plant("data_dir.owners", "fail", strange_owner),
    Plant("data_dir.links", "fail", dead_link),
    Plant("keys.folder", "fail", no_keys_folder, is_mended=True),
    Plant("data_dir.mode", "warn", loose(".", 0o755), is_mended=True),
    Plant("data_dir.mode", "fail", loose(".", 0o777), is_mended=True),
    Plant("keys.folder_mode", "fail", loose("keys", 0o750), is_mended=True),
    Plant("keys.file_modes", "fail", loose("keys/keys-master", 0o644), is_mended=True),
    Plant("config.mode", "warn", loose("synctv.toml", 0o644), is_mended=True),
    Plant("config.mode", "fail", loose("synctv.toml", 0o666), is_mended=True),
    Plant("database.mode", "fail", loose("synctv.db", 0o640), is_mended=True),
    Plant("setup_link.mode", "fail", loose("setup-link", 0o644), is_mended=True),
    Plant("control.mode", "fail", open_socket, is_mended=True),
    Plant("lock.mode", "warn", loose("synctv.lock", 0o644), is_mended=True),
    Plant("logs.mode", "warn", loose_new("logs/synctv-2026-11-24.log", 0o644), is_mended=True),
    Plant("backups.mode", "fail", loose_new("backups/before.db", 0o644), is_mended=True),
    Plant("data_dir.usable", "fail", loose("synctv.db", 0o400), is_mended=True),
    Plant("data_dir.usable", "fail", loose("keys", 0o500), is_mended=True),
    Plant("disk.temporary", "fail", lambda install: install.environ.update(TMPDIR="/nonexistent")),
    Plant("process.open_files", "warn", setting("limits.connections_total", 2_000_000_000)),
    Plant("service.unit", "fail", unit_of_nothing),
    Plant("clock.rows", "fail", sql("UPDATE keys SET created_at = ?", now() + 3 * DAY)),
    Plant("clock.files", "fail", future_file),
    Plant("logs.directory", "fail", log_directory_is_a_file),
    Plant("logs.level", "warn", setting("observability.log_level", "debug")),
    Plant("logs.size", "warn", much_log),
    Plant("network.host", "fail", setting("server.host", "203.0.113.9")),
    Plant("network.port", "fail", port_in_use),
    Plant("network.trust", "warn", setting("server.trusted_proxies", "10.0.0.0/8")),
    Plant("network.public_name", "warn", loopback_links),
    Plant("network.resolves", "fail", setting("server.public_url", "http://no-such-host.invalid")),
    Plant("control.path", "fail", long_socket),
    Plant("control.folder", "fail", setting("server.control_socket", "/nonexistent/control.sock")),
    Plant("control.socket", "warn", left_socket, is_mended=True),
    Plant("control.socket", "fail", loose_new("control.sock", 0o600)),
    Plant(
        "control.lock",
        "warn",
        lambda install: (install.home / "synctv.lock").write_text("{}"),
    ),
    Plant("database.opens", "fail", lambda install: (install.home / "synctv.db").unlink()),
    Plant("database.opens", "fail", text_instead_of_database),
    Plant("database.opens", "fail", setting("database.url", "postgresql://nobody@127.0.0.1:1/nothing")),
    Plant("database.integrity", "fail", damage),
    Plant("database.references", "fail", orphan),
    Plant("database.log", "warn", long_log, is_mended=True),
    Plant("schema.pending", "fail", step_down),
    Plant("schema.whole", "fail", sql("UPDATE schema_migrations SET state = 'applying' WHERE version = 6")),
    Plant("schema.version", "fail", newer),
    Plant("schema.ledger", "fail", sql("UPDATE schema_migrations SET checksum = 'other' WHERE version = 2")),
    Plant("schema.tables", "fail", sql("DROP INDEX messages_room_id")),
    Plant("schema.tables", "fail", sql("DROP TABLE refresh_tokens")),
    Plant("keys.master", "fail", lambda install: (install.home / "keys/keys-master").unlink()),
    Plant("keys.master", "fail", lambda install: (install.home / "keys/keys-master").write_text("short")),
    Plant("keys.opens", "fail", other_master_key),
    Plant("keys.rows", "fail", sql("UPDATE keys SET sealed = zeroblob(80) WHERE purpose = 'signing'")),
    Plant("keys.rows", "fail", sql("UPDATE keys SET state = 'strange' WHERE purpose = 'signing'")),
    Plant("keys.signing", "fail", sql("UPDATE keys SET state = 'retired' WHERE purpose = 'signing'")),
    Plant("keys.due", "warn", sql("UPDATE keys SET activated_at = ?", now() - 100 * DAY)),
    Plant("keys.next", "warn", waiting_key),
    Plant("accounts.root", "fail", nobody_is_root),
    Plant("accounts.setup_link", "warn", sql("UPDATE setup_links SET expires_at = 1")),
    Plant("accounts.setup_link", "warn", used_link, is_mended=True),
    Plant("accounts.sessions", "warn", old_sign_ins, is_mended=True),
    Plant("audit_log.mode", "warn", loose("audit-head.json", 0o644), is_mended=True),
    Plant("audit_log.end", "fail", cut_log),
    Plant("audit_log.end", "fail", sql("DELETE FROM audit_head")),
    Plant("audit_log.end", "fail", sql("UPDATE audit_entries SET hash = 'other' WHERE seq = 1")),
    Plant("backups.age", "warn", loose_new("backups/synctv-20260101T000000.000Z.zip", 0o600)),
    Plant("backups.age", "warn", sql("UPDATE schema_migrations SET applied_at = 1")),
    Plant("backups.whole", "fail", flipped_backup),
    Plant("backups.exchange", "fail", cut_off_restore),
    Plant("media.folder", "warn", lambda install: (install.home / "media").rmdir(), is_mended=True),
    Plant("media.folder", "fail", library_is_a_file),
    Plant("media.links", "warn", film_behind_a_link),
    Plant("media.mode", "warn", loose("media", 0o777), is_mended=True),
)
