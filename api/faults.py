"""What is wrong with a request, fault by fault: where it is, a code for programs and a sentence for people."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from domain.faults import suggestion

MOST_FAULTS = 50
MOST_WORDS = 300

Fault = dict[str, str]

# Where a value may be written in two ways, pydantic names the way it took among the places.
AS_ID, IN_FULL = "(as id)", "(in full)"
_NOT_PLACES = (AS_ID, IN_FULL, "[key]")


def wrong(code: str, sentence: str) -> PydanticCustomError:
    """What a validator raises: a code of ours and a sentence of ours."""
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence})


def fault(where: str, code: str, sentence: str) -> Fault:
    """`where` is a JSON pointer into what was sent (RFC 6901)."""
    return {"pointer": where, "code": code, "message": shortened(sentence)}


def shortened(sentence: str) -> str:
    """As much as fits an answer, and only what UTF-8 can carry: a sentence may quote what was sent."""
    short = sentence if len(sentence) <= MOST_WORDS else f"{sentence[:MOST_WORDS]}…"
    return short.encode("utf-8", "replace").decode()


def of_request(error: RequestValidationError, request: Request) -> list[Fault]:
    """At most 50."""
    route = request.scope.get("route")
    body, query = getattr(route, "body_field", None), getattr(getattr(route, "dependant", None), "query_params", ())
    models = {
        "body": _models(body.field_info.annotation) if body else [],
        "query": [model for field in query for model in _models(field.field_info.annotation)],
    }
    return [_fault(each, each["loc"][1:], models.get(str(each["loc"][0]), [])) for each in error.errors()[:MOST_FAULTS]]


def of_model(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """At most 50."""
    return [_fault(each, each["loc"], [model]) for each in error.errors(include_url=False)[:MOST_FAULTS]]


_WORDS = {
    "string_type": "a text was expected",
    "int_type": "a whole number was expected",
    "int_from_float": "a whole number was expected",
    "float_type": "a number was expected",
    "bool_type": "true or false was expected",
    "list_type": "a list was expected",
    "object_type": "an object was expected",
}
_OBJECTS = ("dict_type", "model_type", "model_attributes_type")


def _fault(detail: Mapping[str, Any], loc: Sequence[Any], models: Iterable[type[BaseModel]]) -> Fault:
    places = [str(part) for part in loc if part not in _NOT_PLACES]
    where, said = pointer(*places), detail.get("ctx", {})
    kind = "object_type" if detail["type"] in _OBJECTS else str(detail["type"])
    name = f"'{places[-1][:80]}'" if places else "the body"
    if "sentence" in said:
        return fault(where, kind, f"{name}: {said['sentence']}" if places else said["sentence"])
    if kind == "extra_forbidden":
        return fault(where, "unknown_field", f"{name} is not known here{suggestion(places[-1], _fields_at(models, places[:-1]))}")
    if kind == "missing":
        return fault(where, "missing" if places else "body_missing", f"{name} is missing")
    theirs = str(detail["msg"])
    return fault(where, kind, f"{name}: {_WORDS.get(kind) or theirs[:1].lower() + theirs[1:]}")


def pointer(*places: str) -> str:
    return "".join("/" + place[:80].replace("~", "~0").replace("/", "~1") for place in places)


def _fields_at(models: Iterable[type[BaseModel]], places: Iterable[str]) -> list[str]:
    """The fields that are known at a place, for a did-you-mean."""
    for place in places:
        if not place.isdigit():
            models = [found for model in models if place in model.model_fields for found in _models(model.model_fields[place].annotation)]
    return [name for model in models for name in model.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]
