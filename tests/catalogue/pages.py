"""The catalogue: texts that are wrong in one way each, with what `tenure check` says of them written in the file itself.

A case is one file, or one folder of sets/, beside the house of tests/domain/house, the words of base/ and one more journey. A line
`# expect: 7:9: sentence` (or in `{# … #}`, `<!-- … -->`) names the place and the sentence; a line that ends in `# times: 1000`
stands for so many of it, in which {n} counts. What lies in sound/ looks strange and is not: nothing is to be said about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.domain.kit import HEAD, POLICIES

ROOT = Path(__file__).parent
_EXPECT = re.compile(r"(?:#|<!--) expect: (\d+:\d+: .*?)(?: #\}| -->)?$", re.MULTILINE)
_TIMES = re.compile(r"^(.*?)  # times: (\d+)\n", re.MULTILINE)
OTHER = "\n".join([*(f"{name}: {value}" for name, value in {**HEAD, "journey": "other"}.items()), "steps: [{wait: 1 day}]"])


@dataclass(frozen=True)
class Page:
    """One text of a case: what it is, the file that faults name, and what is expected there."""

    kind: str
    name: str
    file: str
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    name: str
    pages: tuple[Page, ...]

    @property
    def texts(self) -> dict[tuple[str, str], str]:
        """The whole set, as it would be published."""
        return base() | {(page.kind, page.name): page.text for page in self.pages}

    @property
    def expected(self) -> list[str]:
        return sorted(f"{page.file}:{sentence}" for page in self.pages for sentence in page.expected)


def base() -> dict[tuple[str, str], str]:
    texts = {("policy", name): text for name, text in POLICIES.items()} | {("journey", "other"): OTHER}
    for path in sorted((ROOT / "base").glob("*/*")):
        texts["template", f"{path.parent.name}/{path.name if path.suffix == '.mjml' else path.stem}"] = path.read_text()
    return texts


def cases(folder: Path = ROOT) -> Iterator[Case]:
    """Every case of a folder, by name."""
    for path in sorted(path for kind in ("journeys", "policies", "templates", "layouts") for path in (folder / kind).rglob("*.*")):
        yield Case(str(path.relative_to(folder)), (_page(path, folder),))
    for path in sorted((folder / "sets").glob("*/")):
        yield Case(str(path.relative_to(folder)), tuple(_page(file, path) for file in sorted(path.rglob("*.*"))))


def _page(path: Path, folder: Path) -> Page:
    text = path.read_text()
    expected = tuple(_EXPECT.findall(text))
    kind, name, file = _place(path.relative_to(folder))
    return Page(kind, name, file, _TIMES.sub(_repeated, text), expected)


def _place(path: Path) -> tuple[str, str, str]:
    match path.parts:
        case ("journeys", _):
            return "journey", "story", "journeys/story.yaml"
        case ("policies", policy) | ("policies", policy, _):
            policy = policy.removesuffix(".yaml")
            return "policy", policy, f"journeys/policies/{policy}.yaml"
        case ("layouts", _):
            return "template", "layouts/mail.mjml", "templates/layouts/mail.mjml"
        case ("templates", folder, _) | (folder, _):
            name = path.stem if path.suffix == ".md" else path.name
            ending = "" if folder == "sms" or path.suffix == ".mjml" else ".md"
            return "template", f"{folder}/{name}", f"templates/{folder}/{name}{ending}"
        case _:
            return "journey", path.stem, f"journeys/{path.stem}.yaml"


def _repeated(match: re.Match[str]) -> str:
    return "".join(match[1].replace("{n}", str(number)) + "\n" for number in range(int(match[2])))
