"""The schema of a database as plain values, read from its catalogue, so that two can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from synctv_server.upkeep.migrate.session import MigrationSession

Schema = dict[tuple[str, str], str]
"""What each thing is, by its kind and its name: `("column", "users.email")` is `TEXT`."""

_POSTGRES = """
WITH relations AS (
    SELECT oid, relname, relkind FROM pg_class c
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
)
SELECT CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END AS object,
    relname AS name,
    CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid, true) ELSE '' END AS definition
FROM relations
UNION ALL
SELECT 'column', relname || '.' || attname,
    format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE WHEN attidentity <> '' THEN ' GENERATED AS IDENTITY' ELSE '' END
    || COALESCE(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
FROM relations JOIN pg_attribute ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'constraint', relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid, true)
FROM relations JOIN pg_constraint ON conrelid = relations.oid AND contype <> 'n'
UNION ALL
SELECT 'index', indexes.relname,
    pg_get_indexdef(indexrelid, 0, true) || CASE WHEN indisvalid THEN '' ELSE ' (not valid)' END
FROM relations JOIN pg_index ON indrelid = relations.oid JOIN pg_class indexes ON indexes.oid = indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'trigger', relname || '.' || tgname, pg_get_triggerdef(pg_trigger.oid, true)
FROM relations JOIN pg_trigger ON tgrelid = relations.oid AND NOT tgisinternal
"""
_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'"
_COLUMNS = 'SELECT name, type, "notnull" AS required, dflt_value AS value, pk FROM pragma_table_xinfo({})'
_REFERENCES = (
    'SELECT id, "table" AS target, "from" AS source, "to" AS key, on_update, on_delete'
    " FROM pragma_foreign_key_list({}) ORDER BY id, seq"
)
_UNIQUE = (
    "SELECT l.name AS id, i.name AS source FROM pragma_index_list({}) l, pragma_index_info(l.name) i"
    " WHERE l.origin = 'u' ORDER BY l.name, i.seqno"
)
_CHECK = re.compile(r"\bCHECK\s*\(", re.IGNORECASE)


async def read(session: MigrationSession) -> Schema:
    """Tables, columns, constraints, indexes, views and triggers of the database, or of the scratch in it."""
    if session.kind == "postgres":
        rows = await session.execute(_POSTGRES)
        return {(row["object"], row["name"]): _folded(row["definition"]) for row in rows}
    found: Schema = {}
    for row in await session.execute(_SQLITE):
        if row["type"] != "table":
            found[row["type"], row["name"]] = _folded(row["sql"])
            continue
        found["table", row["name"]] = ""
        found |= await _columns(session, row["name"])
        found |= await _constraints(session, row["name"], row["sql"])
    return found


async def _columns(session: MigrationSession, table: str) -> Schema:
    return {
        ("column", f"{table}.{row['name']}"): row["type"]
        + (" NOT NULL" if row["required"] else "")
        + (f" PRIMARY KEY {row['pk']}" if row["pk"] else "")
        + ("" if row["value"] is None else f" DEFAULT {row['value']}")
        for row in await session.execute(_COLUMNS, table)
    }


async def _constraints(session: MigrationSession, table: str, sql: str) -> Schema:
    """SQLite has no names for them: they are called by what they say."""
    texts = [f"CHECK {check}" for check in _checks(_folded(sql))]
    for _, parts in groupby(await session.execute(_UNIQUE, table), lambda row: row["id"]):
        texts.append(f"UNIQUE ({', '.join(str(row['source']) for row in parts)})")
    for _, parts in groupby(await session.execute(_REFERENCES, table), lambda row: row["id"]):
        rows = list(parts)
        sources, keys = (", ".join(str(row[side]) for row in rows) for side in ("source", "key"))
        texts.append(
            f"FOREIGN KEY ({sources}) REFERENCES {rows[0]['target']} ({keys})"
            f" ON UPDATE {rows[0]['on_update']} ON DELETE {rows[0]['on_delete']}"
        )
    return {("constraint", f"{table}: {text}"): text for text in texts}


def _checks(sql: str) -> Iterator[str]:
    """The conditions of a table, each with its parentheses."""
    for found in _CHECK.finditer(sql):
        depth, end = 1, found.end()
        while depth and end < len(sql):
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield sql[found.end() - 1 : end]


def _folded(text: str) -> str:
    return " ".join(text.split())
