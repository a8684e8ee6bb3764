"""The JSON Schema of the language, from the models that read it: completion and red lines in editors."""

from __future__ import annotations

from typing import Any

from domain.grammar import VARIANT
from domain.language import VERBS, JourneyText


def of_journeys() -> dict[str, Any]:
    """Every field also takes `{by segment: {…}}`, as the grammar does."""
    schema: dict[str, Any] = JourneyText.model_json_schema(by_alias=True)
    for model in (schema, *schema.get("$defs", {}).values()):
        properties = model.get("properties", {})
        for name in ("mark", "marks", "verb"):
            properties.pop(name, None)
        for name, value in properties.items():
            properties[name] = _with_variants(value)
        verb = next((verb for verb in VERBS if verb in model.get("required", ())), None)
        if verb:
            model["required"] = sorted({verb, *model["required"]})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_variants(value: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: value[name] for name in ("description", "default", "title") if name in value}
    plain = {name: item for name, item in value.items() if name not in kept}
    variants = {
        "type": "object",
        "required": [VARIANT],
        "additionalProperties": False,
        "properties": {VARIANT: {"type": "object", "additionalProperties": plain}},
    }
    options = plain["anyOf"] if set(plain) == {"anyOf"} else [plain]
    if plain.get("type") == "array":
        options = [plain, plain.get("items", {})]
    return {**kept, "anyOf": [*options, variants]}
