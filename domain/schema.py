"""The JSON Schema of the language, from the models that read it: completion and red lines in editors."""

from __future__ import annotations

from typing import Any

from domain.grammar import VARIANT
from domain.language import JourneyText

HIDDEN = ("mark", "marks", "verb")  # fields that nobody writes


def of_journeys() -> dict[str, Any]:
    """Every field also takes `{by segment: {…}}`, and every list of words a single one, as the grammar does."""
    schema: dict[str, Any] = JourneyText.model_json_schema(by_alias=True)
    for model in (schema, *schema.get("$defs", {}).values()):
        properties = model.get("properties", {})
        for name in HIDDEN:
            properties.pop(name, None)
        for name, value in properties.items():
            properties[name] = _with_variants(value)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_variants(value: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: value[name] for name in ("description", "default", "title") if name in value}
    plain = {name: item for name, item in value.items() if name not in kept}
    options = plain["anyOf"] if set(plain) == {"anyOf"} else [plain]
    options = [*options, *(option["items"] for option in options if option.get("items", {}).get("type") == "string")]
    variants = {
        "type": "object",
        "required": [VARIANT],
        "additionalProperties": False,
        "properties": {VARIANT: {"type": "object", "additionalProperties": {"anyOf": options}}},
    }
    return {**kept, "anyOf": [*options, variants]}
