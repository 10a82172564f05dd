"""The reference of HTTP, from the OpenAPI document that the server serves: the document itself and a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import synctv_server
from docs.generate.markdown import code, document, table
from docs.generate.realtime import Schema
from synctv_server.api.http import openapi

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_INTRODUCTION = """\
The same in machine-readable form: [`openapi.json`](openapi.json) (OpenAPI 3.1). A running server gives it at
`/api/openapi.json`, with a page to try it at `/api/docs`. Errors are problems; [errors](errors.md) lists the codes."""


@cache
def description() -> Schema:
    """The OpenAPI document."""
    return openapi.document(synctv_server.__version__)


def document_file() -> str:
    """docs/reference/openapi.json"""
    return json.dumps(description(), indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """docs/reference/http.md: every route by subject, and what goes in and comes out."""
    parts = []
    for tag in description()["tags"]:
        rows = [_row(*operation) for operation in _operations(tag["name"])]
        if rows:
            head = ("route", "takes", "gives", "")
            parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n\n{table(head, rows)}")
    return document("HTTP", _INTRODUCTION, *parts)


def _operations(tag: str) -> Iterator[tuple[str, str, Schema]]:
    for path, operations in description()["paths"].items():
        for method in _METHODS:
            if tag in operations.get(method, {}).get("tags", []):
                yield method, path, operations[method]


def _row(method: str, path: str, operation: Schema) -> tuple[str, str, str, str]:
    queries = [code(f"?{each['name']}=") for each in operation.get("parameters", []) if each["in"] == "query"]
    takes = [*queries, _type_of(operation.get("requestBody", {}))]
    gives = [
        f"{status} {_type_of(answer)}".strip()
        for status, answer in operation["responses"].items()
        if not status.endswith("XX")
    ]
    route = code(f"{method.upper()} {path}")
    return route, " ".join(filter(None, takes)), ", ".join(gives), operation.get("summary", "")


def _type_of(body: Schema) -> str:
    for content in body.get("content", {}).values():
        return _name(content.get("schema", {}))
    return ""


def _name(schema: Any) -> str:
    if "$ref" in schema:
        return code(str(schema["$ref"]).rpartition("/")[2])
    options = [_name(option) for option in (*schema.get("oneOf", []), *schema.get("anyOf", []))]
    return " or ".join(dict.fromkeys(filter(None, options)))
