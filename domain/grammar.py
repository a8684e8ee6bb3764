"""From marked data to checked models: every fault of a text at once, each a sentence at its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from domain.conditions import Unreadable
from domain.faults import NOWHERE, Fault, FaultyText, Mark, suggestion
from domain.source import Fields, Items, Text

VARIANT = "by segment"


class Spoken(BaseModel):
    """A mapping of the language. Unknown fields are faults, and each field remembers where its value stands."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)
    mark: Mark = Field(default=NOWHERE, exclude=True, repr=False)
    marks: Mapping[str, Mark] = Field(default_factory=dict, exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _remember_places(cls, value: Any) -> Any:
        return {**value, "mark": value.mark, "marks": value.marks} if isinstance(value, Fields) else value

    @model_validator(mode="wrap")
    @classmethod
    def _once(cls, value: Any, build: Callable[[Any], Self]) -> Self:
        """What reads the same for every segment is built once; models never change."""
        if not isinstance(value, Fields) or value.is_varied is not False:
            return build(value)
        if cls not in value.built:
            value.built[cls] = build(value)
        built: Self = value.built[cls]
        return built

    def place(self, field: str) -> Mark:
        """Where the value of a field stands (the mapping itself when the field is not written)."""
        return self.marks.get(field, self.mark)


Model = TypeVar("Model", bound=Spoken)


def one_or_more(value: Any) -> Any:
    """`to: champion` and `to: [champion, admin]` are both lists."""
    if isinstance(value, list) and not value:
        raise ValueError("the list is empty; name one at least")
    return value if isinstance(value, list | tuple) else [value]


def _truth(value: Any) -> Any:
    if isinstance(value, Text):
        if value in ("true", "false"):
            return value == "true"
        raise ValueError(f"'{value}' is neither true nor false")
    return value


def _whole(value: Any) -> Any:
    return _number(value, int, "a whole number")


def _real(value: Any) -> Any:
    return _number(value, float, "a number")


def _number(value: Any, kind: type[int] | type[float], words: str) -> Any:
    if isinstance(value, Text):
        try:
            number = kind(value)
            is_number = math.isfinite(number)
        except (ValueError, OverflowError):
            is_number = False
        if not is_number:
            raise ValueError(f"'{value}' is not {words}")
        return number
    return value


def plain_word(value: Any) -> Any:
    if value is None:
        raise ValueError("it comes out empty (a # begins a comment): leave the # out, or quote it")
    if isinstance(value, list | dict):
        raise ValueError("one word or sentence was expected here; a value that begins with { or [ must be quoted")
    return str(value)


Word = Annotated[str, BeforeValidator(plain_word)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Whole = Annotated[int, BeforeValidator(_whole)]
Real = Annotated[float, BeforeValidator(_real)]
Words = Annotated[tuple[Word, ...], BeforeValidator(one_or_more)]


def load(model: type[Model], data: Any, file: str, tags: tuple[str, ...] = ()) -> Model:
    """The model of `data`; raises FaultyText with every fault. `tags` are the fields that tell members of a union apart."""
    if not isinstance(data, Fields):
        mark = getattr(data, "mark", Mark(file, 1, 1))
        raise FaultyText([Fault(mark, "a mapping was expected here: 'name: value' lines")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FaultyText(sorted({_fault(detail, data, model, tags) for detail in error.errors()})) from None


def _fault(detail: Any, data: Fields, model: type[Spoken], tags: tuple[str, ...]) -> Fault:
    mark, field = _place(detail["loc"], data, tags)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            cause = context["error"]
            if isinstance(cause, Unreadable):
                begins = detail["input"].begins if isinstance(detail["input"], Text) else mark
                mark = Mark(begins.file, begins.line, begins.column + cause.column - 1)
            return Fault(mark, _named(field, str(cause)))
        case "union_tag_not_found":
            given = detail["input"]
            words = [str(name) for name in given] if isinstance(given, dict) else [str(given)]
            word = next((word for word in words if word not in _fields_of(model)), None)
            known = f"a step is one of {', '.join(tags)}"
            sentence = f"no step is called '{word}'{suggestion(word, tags) or '; ' + known}" if word else f"{known}; here is none of them"
            return Fault(getattr(given, "mark", mark), sentence)
        case "missing":
            return Fault(mark, f"'{detail['loc'][-1]}' is missing")
        case "extra_forbidden":
            word = str(detail["loc"][-1])
            hint = ", though it is one elsewhere" if word in _fields_of(model) else suggestion(word, _fields_of(model))
            return Fault(mark, f"'{word}' is not a field here{hint}")
        case "literal_error" | "enum":
            allowed = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
            return Fault(
                mark, _named(field, f"'{detail['input']}' is not one of {', '.join(allowed)}{suggestion(str(detail['input']), allowed)}")
            )
        case "tuple_type" | "list_type" | "frozen_set_type":
            return Fault(mark, _named(field, "a list was expected: '- …' lines"))
        case "too_short":
            return Fault(mark, _named(field, "the list is empty; name one at least"))
        case "model_type" | "dict_type" | "model_attributes_type":
            return Fault(mark, _named(field, "a mapping was expected: 'name: value' lines"))
        case _:
            return Fault(mark, _named(field, str(detail["msg"]).lower()))


def _named(field: str, sentence: str) -> str:
    return f"{field}: {sentence}" if field else sentence


def _place(loc: tuple[int | str, ...], data: Any, tags: tuple[str, ...]) -> tuple[Mark, str]:
    """Walks along `loc`, past the tags of unions, as far as it exists; says where that is and in which field."""
    mark: Mark = data.mark
    field, told_apart = "", False
    for part in loc:
        if isinstance(data, Fields) and part in tags and not told_apart:
            told_apart = True
        elif isinstance(data, Fields) and part in data:
            mark, field, data, told_apart = data.marks[str(part)], str(part), data[str(part)], False
        elif isinstance(data, Items) and isinstance(part, int) and part < len(data):
            data, told_apart = data[part], False
            mark = getattr(data, "mark", mark)
            field = "" if isinstance(data, Fields) else field
    return mark, field


@cache
def _fields_of(model: type[BaseModel]) -> frozenset[str]:
    """The names of its fields and of those of every model inside it."""
    models: list[type[BaseModel]] = [model]
    names: set[str] = set()
    for each in models:
        for name, info in each.model_fields.items():
            if name not in ("mark", "marks"):
                names.add(info.alias or name)
                models += [part for part in _models_in(info.annotation) if part not in models]
    return frozenset(names)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def has_variants(data: Any) -> bool:
    """Whether a variant is somewhere inside; looked for once."""
    if not isinstance(data, Fields | Items):
        return False
    if data.is_varied is None:
        inner = data.values() if isinstance(data, Fields) else data
        data.is_varied = VARIANT in data or any(has_variants(value) for value in inner)
    return data.is_varied


def for_segment(data: Any, segment: str, segments: tuple[str, ...], faults: list[Fault]) -> Any:
    """`data` as it reads for one segment: every `{by segment: …}` replaced by that segment's value.

    A variant names declared segments only and has an `else` unless it names them all; what it lacks is added to `faults`.
    """
    if not has_variants(data):
        return data
    if isinstance(data, Fields):
        if VARIANT in data:
            return for_segment(_choose(data, segment, segments, faults), segment, segments, faults)
        fields = Fields({name: for_segment(value, segment, segments, faults) for name, value in data.items()})
        fields.mark, fields.marks = data.mark, {name: getattr(fields[name], "mark", mark) for name, mark in data.marks.items()}
        return fields
    if isinstance(data, Items):
        items = Items(for_segment(value, segment, segments, faults) for value in data)
        items.mark = data.mark
        return items
    return data


def _choose(data: Fields, segment: str, segments: tuple[str, ...], faults: list[Fault]) -> Any:
    choices, mark = data[VARIANT], data.marks[VARIANT]
    if not isinstance(choices, Fields) or len(data) > 1:
        faults.append(Fault(mark, f"'{VARIANT}:' takes a mapping of segments to values and stands alone"))
        return None
    for name in choices:
        if name not in (*segments, "else"):
            faults.append(Fault(choices.marks[name], f"'{name}' is not a segment{suggestion(name, segments)}"))
    missing = [name for name in segments if name not in choices]
    if missing and "else" not in choices:
        faults.append(Fault(mark, f"no value for {', '.join(missing)}: name every segment or add 'else:'"))
    return choices.get(segment, choices.get("else"))
