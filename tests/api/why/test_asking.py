"""How it is asked: of one message, one step, some days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.why import AnswerOut
from tests.api.refusals import refused
from tests.api.staging import play
from tests.api.why.kit import approve, ask, begin, the_one
from tests.installation import Installation


def test_one_message_is_asked_for_by_its_id(quick_installation: Installation) -> None:
    begin(quick_installation)
    first = the_one(quick_installation, step="first")
    assert the_one(quick_installation, message=first["id"]) == first


def test_a_step_may_be_called_as_conditions_call_it(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    assert the_one(quick_installation, step="welcome_call", journey="onboarding")["step"] == "task-welcome-call"


def test_words_are_found_in_every_step_that_uses_them(quick_installation: Installation) -> None:
    begin(quick_installation)
    found = {entry["step"] for entry in ask(quick_installation, template="hello")}
    assert found == {None, "first", "gated", "for-smb", "trained", "weekend", "after-setup", "late-one", "cheer", "goodbye"}


def test_days_are_the_account_s_and_included(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)

    def days(**question: Any) -> set[str]:
        return {entry["at"][:10] for entry in ask(quick_installation, **question)}

    assert days(since="2026-01-06", until="2026-01-06") == {"2026-01-06"}
    assert days(until="2026-01-05") == {"2026-01-05"}
    assert min(days(since="2026-01-08")) == "2026-01-08"


def test_whatever_day_divides_it_nothing_is_lost_or_told_twice(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=12)
    everything = ask(quick_installation)
    assert len(everything) > 5
    for days in range(-1, 16):
        last = quick_installation.clock.now.date() - timedelta(days=days)
        later = ask(quick_installation, since=last + timedelta(days=1))
        assert [*later, *ask(quick_installation, until=last)] == everything


def test_the_newest_are_told_first_and_the_rest_announced(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)
    everything = ask(quick_installation)
    moments = [entry["at"] for entry in everything]
    assert moments == sorted(moments, reverse=True)
    answer = quick_installation.client.get("/v1/accounts/acme/why?limit=3").json()
    assert (answer["entries"], answer["more"]) == (everything[:3], True)


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ("step=send-welcom", "step_not_found", "did you mean 'send-welcome'?"),
        ("journey=onbording", "journey_not_found", "did you mean 'onboarding'?"),
        ("template=welcom", "template_not_found", "did you mean 'welcome'?"),
        ("message=7", "message_not_found", "there is no message '7'"),
        ("journey=onboarding&step=terms", "step_not_found", "there is no step 'terms'"),
    ],
)
def test_what_is_not_there_is_said(refusing: Installation, question: str, code: str, words: str) -> None:
    refused(refusing.client.get(f"/v1/accounts/acme/why?{question}"), 404, code, words)


def test_other_faults_of_a_question_are_refused(refusing: Installation) -> None:
    refused(refusing.client.get("/v1/accounts/acne/why"), 404, "account_not_found", "there is no account 'acne'")
    refused(refusing.client.get("/v1/accounts/acme/why?stepp=x"), 422, "unknown_field", "did you mean 'step'?")
    refused(refusing.client.get("/v1/accounts/acme/why?since=yesterday"), 422, "date", "a date like")
    refused(refusing.client.get("/v1/accounts/acme/why?limit=0"), 422, "greater_than_equal")


def test_of_another_account_nothing_is_told(quick_installation: Installation) -> None:
    begin(quick_installation)
    quick_installation.sign_up("other")
    first = the_one(quick_installation, step="first")
    refused(quick_installation.client.get(f"/v1/accounts/other/why?message={first['id']}"), 404, "message_not_found")
    assert quick_installation.client.get("/v1/accounts/other/why?step=first").json()["entries"][0]["fate"] == "not_entered"


def test_the_example_of_the_answer_is_one() -> None:
    schema = AnswerOut.model_json_schema()
    (example,) = schema["examples"]
    Draft202012Validator(schema).validate(example)
    AnswerOut.model_validate(example)
    assert set(example["entries"][0]) == set(schema["$defs"]["EntryOut"]["properties"])
