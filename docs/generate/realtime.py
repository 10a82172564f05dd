"""The reference of the socket, from the structs of `realtime/wire`: a page, a JSON Schema and an AsyncAPI document."""

from __future__ import annotations

import json
from functools import cache
from inspect import cleandoc
from typing import Any, get_args

import msgspec

import synctv_server
from docs.generate.markdown import code, document, table
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.wire import ClientFrame, CommandFrame, ServerFrame

Schema = dict[str, Any]

_REF = "#/$defs/{name}"
_INTRODUCTION = """\
`GET /api/v1/rooms/{id}/ws`, subprotocol `synctv.v1`, text frames with one JSON object each. The same in
machine-readable form: [`realtime.schema.json`](realtime.schema.json) (JSON Schema) and
[`realtime.asyncapi.json`](realtime.asyncapi.json) (AsyncAPI 3). [Writing a
client](../guides/writing-a-client.md) tells how they are used."""


@cache
def definitions() -> dict[str, Schema]:
    """The JSON Schema of every frame and object, by name."""
    _, found = msgspec.json.schema_components([ClientFrame, ServerFrame], ref_template=_REF)
    return {name: _dedented(schema) for name, schema in found.items()}


def _dedented(value: Any) -> Any:
    """The same with descriptions as Python 3.13 has them: older ones keep the indentation of a docstring."""
    match value:
        case dict():
            return {key: _dedented(item) for key, item in value.items()}
        case list():
            return [_dedented(item) for item in value]
        case str():
            return cleandoc(value)
        case _:
            return value


def unions() -> dict[str, tuple[str, ...]]:
    """The frames of each side; `CommandFrame` is the part of the client's that is answered by `ack` or `error`."""
    sides = {"ClientFrame": ClientFrame, "CommandFrame": CommandFrame, "ServerFrame": ServerFrame}
    named = {side: tuple(frame.__name__ for frame in get_args(union)) for side, union in sides.items()}
    events = tuple(name for name in named["ServerFrame"] if "actor" in definitions()[name]["properties"])
    return {**named, "RoomEventFrame": events}


def frame_type(name: str) -> str:
    """The word that a frame carries as its `type`."""
    word: str = definitions()[name]["properties"]["type"]["enum"][0]
    return word


def schema_file() -> str:
    """docs/reference/realtime.schema.json"""
    sides = {
        side: {"oneOf": [{"$ref": _REF.format(name=name)} for name in names]}
        for side, names in unions().items()
    }
    return _json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "SyncTV, synctv.v1",
            "$defs": {**definitions(), **sides},
        }
    )


def asyncapi_file() -> str:
    """docs/reference/realtime.asyncapi.json"""
    sides = unions()
    names = sorted({*sides["ClientFrame"], *sides["ServerFrame"]})
    messages = {
        name: {"name": frame_type(name), "payload": {"$ref": f"#/components/schemas/{name}"}}
        for name in names
    }
    document_: Schema = {
        "asyncapi": "3.0.0",
        "info": {"title": "SyncTV", "version": synctv_server.__version__},
        "defaultContentType": "application/json",
        "channels": {
            "room": {
                "address": "/api/v1/rooms/{room_id}/ws",
                "parameters": {"room_id": {"description": "The room, `room_…`."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
        },
        "operations": {
            "send": _operation("receive", sides["ClientFrame"]),
            "hear": _operation("send", sides["ServerFrame"]),
        },
        "components": {"messages": messages, "schemas": definitions()},
    }
    return _json(document_).replace("#/$defs/", "#/components/schemas/")


def page() -> str:
    """docs/reference/realtime.md"""
    sides = unions()
    codes = [(str(each.value), each.reason) for each in sorted(CloseCode)]
    frames = {*sides["ClientFrame"], *sides["ServerFrame"]}
    return document(
        "Realtime protocol",
        _INTRODUCTION,
        "## From the client",
        *(_entry(name, frame_type(name)) for name in sides["ClientFrame"]),
        "## From the server",
        *(_entry(name, frame_type(name)) for name in sides["ServerFrame"]),
        "## Objects",
        *(_entry(name, name) for name in definitions() if name not in frames),
        "## Close codes\n\n4000 to 4499: come back later. 4500 to 4999: stay away.\n\n"
        + table(("code", "meaning"), codes),
    )


def _entry(name: str, title: str) -> str:
    schema = definitions()[name]
    if "enum" in schema:
        return f"### `{title}`\n\n{shape(schema)}"
    required = schema.get("required", [])
    rows = [
        (code(field), shape(of), "" if field in required else "no", purpose_of(of))
        for field, of in schema["properties"].items()
        if field != "type"
    ]
    purpose = schema.get("description", "")
    fields = table(("field", "type", "required", ""), rows) if rows else "No fields."
    return f"### `{title}`\n\n{purpose}\n\n{fields}"


def purpose_of(schema: Schema) -> str:
    """What a field is for; where it may be null, its other type may say it."""
    options = [schema, *schema.get("anyOf", [])]
    return next((str(option["description"]) for option in options if "description" in option), "")


def shape(schema: Schema) -> str:
    """The type of a field in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(shape(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(code(str(value)) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {shape(schema['items'])}"
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
        )
        if key in schema
    ]
    return ", ".join([str(schema.get("type", "any")), *limits])


def _operation(action: str, names: tuple[str, ...]) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/room"},
        "messages": [{"$ref": f"#/channels/room/messages/{name}"} for name in names],
    }


def _json(value: Schema) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
