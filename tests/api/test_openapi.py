"""The document that describes the API: complete, well formed, and with examples that are taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from api import app as api_app
from api import keys
from api.shapes import In
from tests.installation import Installation

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document(_signed_up: Installation) -> dict[str, Any]:
    found: dict[str, Any] = _signed_up.client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def bodies() -> list[type[BaseModel]]:
    """Every model of a request, however far down."""
    found, left = set[type[BaseModel]](), [In]
    while left:
        for model in left.pop().__subclasses__():
            found.add(model)
            left.append(model)
    return sorted(found, key=lambda model: model.__name__)


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for method, path, _ in operations(document)}
    routes = {
        (method, route.path)
        for router in api_app.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes | {("GET", "/readyz")} == described
    for method, path, operation in operations(document):
        assert operation["summary"], f"{method} {path}"
        assert operation["tags"], f"{method} {path}"
        assert set(document["paths"][path]) <= METHODS
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_place_in_an_address_is_a_declared_parameter(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}, f"{method} {path}"


def test_every_schema_is_one_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert list(references(document))
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(part: Any) -> Iterator[str]:
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        if name == "$ref":
            yield value
        elif isinstance(value, dict | list):
            yield from references(value)


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if path.startswith("/v1/"):
            assert {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503"} <= set(operation["responses"]), f"{method} {path}"
            for status, response in operation["responses"].items():
                kind = "application/problem+json" if status >= "400" else "application/json"
                assert set(response["content"]) == {kind}, f"{method} {path} {status}"


def test_every_route_asks_for_a_key_with_scopes_that_exist(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for method, path, operation in operations(document):
        if path.startswith("/v1/"):
            (wanted,) = operation["security"]
            assert wanted["key"], f"{method} {path}"
            assert set(wanted["key"]) <= set(keys.SCOPES), f"{method} {path}"


def test_what_acts_for_people_says_so(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            acts = "by" in document["components"]["schemas"][name]["properties"]
            assert acts == ("act_for_people" in operation["security"][0]["key"]), f"{method} {path}"


@pytest.mark.parametrize("model", bodies(), ids=lambda model: model.__name__)
def test_the_examples_of_a_body_are_taken(model: type[BaseModel]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        model.model_validate(example)
        Draft202012Validator(model.model_json_schema()).validate(example)


def test_every_posting_that_takes_effect_may_carry_an_idempotency_key(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
        takes_effect = method == "post" and path != "/v1/journeys/check"
        assert names == ({"Idempotency-Key"} if takes_effect else set()), f"{method} {path}"
