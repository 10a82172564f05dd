"""PostgreSQL as SyncTV needs it: its encoding, and enough connections."""

from __future__ import annotations

from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.migrate.session import MigrationSession
from synctv_server.upkeep.premises import NotExaminable, Premises

_BESIDE_THE_POOL = 2
"""The lock of the one server, and a migration."""


async def encoding(premises: Premises) -> Verdict:
    """The database keeps UTF-8."""
    name = await _shown(_server(premises), "server_encoding")
    if name == "UTF8":
        return well("it keeps UTF-8")
    return ill(
        f"the database keeps {name}: names and chat in other letters are refused",
        "make a database with ENCODING 'UTF8' TEMPLATE template0 and move to it",
    )


async def connections(premises: Premises) -> Verdict:
    """PostgreSQL lets in as many connections as `database.pool_size` wants."""
    server = _server(premises)
    most = int(await _shown(server, "max_connections"))
    reserved = int(await _shown(server, "superuser_reserved_connections"))
    wanted = premises.settings.database.pool_size + _BESIDE_THE_POOL
    if wanted <= most - reserved:
        return well(f"it lets {most - reserved} connections in, and {wanted} are wanted")
    return doubtful(
        f"PostgreSQL lets {most - reserved} connections in, and database.pool_size wants {wanted}",
        f"lower database.pool_size to {most - reserved - _BESIDE_THE_POOL} or less, or raise max_connections",
    )


def _server(premises: Premises) -> MigrationSession:
    database = premises.database
    if database.kind != "postgres":
        raise NotExaminable("the database is no PostgreSQL")
    return database


async def _shown(database: MigrationSession, name: str) -> str:
    [row] = await database.execute("SELECT current_setting({}) AS value", name)
    return str(row["value"])


CHECKS = (Check("postgres.encoding", encoding), Check("postgres.connections", connections))
