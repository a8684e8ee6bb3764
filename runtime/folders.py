"""Reading journeys/ and templates/ from the folder where CS ops write them."""

from __future__ import annotations

from pathlib import Path


class NoDefinitions(ValueError):
    """The folder holds no journeys/ and templates/."""


def read(root: Path) -> dict[tuple[str, str], str]:
    """Every text by (kind, name): journey, policy, template. Raises NoDefinitions."""
    if not (root / "journeys").is_dir() or not (root / "templates").is_dir():
        raise NoDefinitions(f"'{root}' holds no journeys/ and templates/; run this where they are, or set TENURE_DEFINITIONS")
    texts: dict[tuple[str, str], str] = {}
    for path in sorted((root / "journeys").glob("*.yaml")):
        texts["journey", path.stem] = _text(path)
    for path in sorted((root / "journeys" / "policies").glob("*.yaml")):
        texts["policy", path.stem] = _text(path)
    for path in sorted((root / "templates").glob("*/*")):
        if path.suffix in (".md", ".mjml"):
            texts["template", f"{path.parent.name}/{path.stem if path.suffix == '.md' else path.name}"] = _text(path)
    return texts


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
