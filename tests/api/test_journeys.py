"""What is published, and checking a text before anybody publishes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.journeys import CHECK_IN
from tests.api.refusals import refused
from tests.installation import ROOT, Installation

CHECK = "/v1/journeys/check"


def test_published_journeys_are_listed_with_their_live_runs(refusing: Installation) -> None:
    journeys = {one["name"]: one for one in refusing.client.get("/v1/journeys").json()}
    assert set(journeys) == {file.stem for file in Path(ROOT / "journeys").glob("*.yaml")}
    assert (journeys["onboarding"]["live"], journeys["renewal"]["live"]) == (2, 0)
    shown = refusing.client.get("/v1/journeys/onboarding").json()
    assert shown["text"] == (ROOT / "journeys" / "onboarding.yaml").read_text()
    assert shown["versions"] == {"1": 2}


@pytest.mark.parametrize("name", ["onbording", "%00", "x" * 10_000])
def test_a_journey_that_is_not_there_is_not_found(refusing: Installation, name: str) -> None:
    refused(refusing.client.get(f"/v1/journeys/{name}"), 404, "journey_not_found", "no journey is published as")


def test_a_good_text_has_no_faults(refusing: Installation) -> None:
    assert refusing.client.post(CHECK, json={"text": CHECK_IN}).json() == {"ok": True, "faults": []}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CHECK_IN.replace("owner: csm", "owner: cms"), "did you mean 'csm'?"),
        ("", "at least 1 character"),
        (" ", ""),
        ("\t- x", ""),
        ("a: &a [*a]", ""),
        ("a: !!python/object/apply:os.system [ls]", ""),
        ("[" * 5_000, ""),
        ("x" * 400_000, ""),
        ("\u2028\ufeff\U0001f4a9: \u202e", ""),
    ],
)
def test_every_text_gets_an_answer(refusing: Installation, text: str, words: str) -> None:
    answer = refusing.client.post(CHECK, json={"text": text})
    if text:
        assert answer.status_code == 200, answer.text
        assert answer.json()["ok"] is False
    assert words in answer.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 422, "missing"), ({"text": 7}, 422, "string_type"), ({"text": "x" * 600_000}, 413, "body_too_large")],
)
def test_what_is_no_text_is_refused(refusing: Installation, body: dict[str, Any], status: int, code: str) -> None:
    refused(refusing.client.post(CHECK, json=body), status, code)
