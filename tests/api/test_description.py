"""The OpenAPI document says what the server does, and the server bears whatever is made from it."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from synctv_server.api.http.openapi import document
from synctv_server.api.http.routes import described_routes
from synctv_server.domain.users import SiteRole
from tests.support.doors import House
from tests.support.live import serving

METHODS = {"get", "post", "put", "patch", "delete"}
FUZZ_SECONDS = 40.0
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = settings(
    max_examples=6,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    paths = schema["paths"].items()
    return [(path, method, item[method]) for path, item in paths for method in METHODS & item.keys()]


def test_every_operation_has_a_name_a_summary_and_problems() -> None:
    schema = document("1.2.3")
    assert schema["openapi"].startswith("3.1")
    assert schema["info"]["version"] == "1.2.3"
    found = operations(schema)
    assert len(found) > 50
    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in schema["tags"]}
    for path, method, operation in found:
        assert operation["summary"], (method, path)
        assert operation["tags"][0] in tags
        assert operation["responses"]["4XX"] == {"$ref": "#/components/responses/Problem"}
        assert "400" not in operation["responses"]
        assert "_" not in operation["operationId"]
    problem = schema["components"]["responses"]["Problem"]["content"]["application/problem+json"]
    assert problem["schema"]["$ref"] == "#/components/schemas/Problem"


def test_what_needs_a_token_says_so() -> None:
    for path, _, operation in operations(document("1")):
        is_open = path.startswith(("/health", "/metrics", "/.well-known", "/api/v1/auth", "/api/v1/se"))
        if not is_open and not path.endswith("/file"):
            assert {"bearer": []} in operation["security"], path


def test_what_can_be_repeated_says_so() -> None:
    takes = {
        operation["operationId"]: any(
            each["name"] == "Idempotency-Key" and "within a day" in each["description"]
            for each in operation.get("parameters", [])
        )
        for _, method, operation in operations(document("1"))
        if method == "post"
    }
    assert takes["createRoom"]
    assert takes["sendMessage"]
    assert not any(takes[name] for name in ("logIn", "setUp", "register", "issueTicket", "adminInvite"))


def test_the_document_names_no_module_of_ours() -> None:
    assert "synctv_server" not in str(document("1"))
    assert described_routes()


async def test_the_document_and_its_page_come_from_this_server_alone(house: House) -> None:
    client = house.client()
    answer = await client.get("/api/openapi.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert "/api/v1/rooms/{room_id}" in answer.json()["paths"]
    page = (await client.get("/api/docs")).text
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\\w+=", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/")
        assert (await client.get(address)).status_code == 200


async def test_whatever_is_made_from_the_document_is_no_fault_of_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__enabled=False) as server:
        adam, bob = await server.account("adam", SiteRole.ADMIN), await server.account("bob")
        await asyncio.to_thread(fuzz, server.base, adam.token, {"user_id": bob.id, "name": "bob"})
        page = server.application.metrics.render().decode()
    assert 'synctv_internal_errors_total{door="http"}' not in page


def fuzz(base: str, token: str, people: dict[str, str]) -> None:
    """Bodies, queries and headers from the document, good and bad; ids that exist half of the time."""
    schema = schemathesis.openapi.from_dict(document("1"))
    schema.config.update(base_url=base)
    ends_at = time.monotonic() + FUZZ_SECONDS
    known: dict[str, str] = {}

    def send(case: schemathesis.Case[Any]) -> None:
        if time.monotonic() > ends_at:
            return
        for name, value in case.path_parameters.items():
            case.path_parameters[name] = known.get(name, value) if len(str(value)) % 2 else value
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=10)

    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{base}/api/v1", headers=headers) as client:
        for found in schema.get_all_operations():
            known |= people | room_of(client)
            assert isinstance(found, Ok)
            operation = found.ok()
            for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
                cases = operation.as_strategy(generation_mode=mode)
                with suppress(Unsatisfiable):  # nothing bad can be made for an operation that takes nothing
                    EXAMPLES(given(cases)(send))()


def room_of(client: httpx.Client) -> dict[str, str]:
    """A new room with a film and a line of chat: the operation before may have closed or deleted the last one."""
    room = client.post("/rooms", json={"name": "Films", "visibility": "public"}).json()["id"]
    film = client.post(f"/rooms/{room}/media", json={"url": "https://films.example/a.mp4"}).json()["id"]
    message = client.post(f"/rooms/{room}/messages", json={"text": "hello"}).json()["id"]
    return {"room_id": room, "media_id": film, "message_id": message}
