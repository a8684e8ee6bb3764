"""What people decide about mails that wait for them, on both databases, down to the bytes that a provider gets."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from database.tables import DecisionRow, EditRow, VerdictRow, table
from tests import fakes
from tests.activities.gates import (
    FIGURES,
    an_account,
    begin,
    call,
    decide,
    got,
    letter_to,
    published,
    sent,
    states,
    the_approval,
    with_sendgrid,
)  # fmt: skip
from tests.installation import TEAM, Installation

GATE = "by: owner, within: 2 business days, otherwise: {}"
decisions, edits, verdicts = table(DecisionRow), table(EditRow), table(VerdictRow)


@pytest.fixture
def provider() -> Iterator[fakes.Provider]:
    made = fakes.sendgrid()
    yield made
    made.stop()


def at_the_gate(installation: Installation, otherwise: str = "skip", *readers: str, **facts: Any) -> Any:
    published(installation, GATE.format(otherwise))
    an_account(installation, *readers, **({"seats_used": 0.5} | facts))
    return begin(installation)


def noted(installation: Installation, what: str) -> list[str]:
    with installation.database.read() as session:
        return list(session.execute(select(decisions.c.result).where(decisions.c.what == what).order_by(decisions.c.id)).scalars())


# Approving


def test_what_was_approved_is_sent_byte_for_byte_though_template_facts_and_names_changed_since(
    installation: Installation, provider: fakes.Provider
) -> None:
    with_sendgrid(installation, provider)
    run = at_the_gate(installation)
    shown = the_approval(installation)
    hashes = [letter["body_hash"] for letter in shown["messages"]]
    decide(installation, "approve", read=hashes)
    published(installation, GATE.format("skip"), FIGURES.replace("Hello", "Good day"))
    call(installation, "PUT", "/v1/accounts/acme", name="Acme Inc", facts={"seats_used": 0.9})
    call(installation, "PUT", "/v1/accounts/acme/contacts/ann", name="Anne Leigh")
    installation.take_turn(run)
    assert got(provider) == {f"{id}@acme.example.com": sent(letter_to(shown, id)) for id in ("ann", "ben")}
    with installation.database.read() as session:
        kept = {row.body_hash: row for row in session.execute(select(verdicts))}
    assert sorted(kept) == sorted(hashes)
    (then,) = {row.template_hash for row in kept.values()}
    for words in noted(installation, "approved words"):
        assert re.fullmatch(rf"what was approved is sent; its template was {then[:12]} then and is [0-9a-f]{{12}} now", words)
    assert len(noted(installation, "approved words")) == 2


def test_a_mail_that_changed_since_it_was_read_is_not_approved(installation: Installation) -> None:
    at_the_gate(installation)
    hashes = [letter["body_hash"] for letter in the_approval(installation)["messages"]]
    decide(installation, "edit", subject="Another")
    refused = decide(installation, "approve", 409, read=hashes)
    assert "has changed since you read it" in refused["detail"]
    assert states(installation) == {"ann": "gated", "ben": "gated"}


def test_nothing_is_sent_to_who_said_no_or_left_after_the_approval(installation: Installation, provider: fakes.Provider) -> None:
    with_sendgrid(installation, provider)
    run = at_the_gate(installation)
    decide(installation, "approve")
    call(installation, "POST", "/v1/suppressions", address="ann@acme.example.com", reason="asked by phone", scope="everything")
    installation.take_turn(run)
    assert states(installation) == {"ann": "skipped", "ben": "accepted"}
    assert list(got(provider)) == ["ben@acme.example.com"]


def test_whoever_decides_sees_the_rule_the_facts_and_their_ages(quick_installation: Installation) -> None:
    published(quick_installation, GATE.format("skip") + ", when: account.seats_used < 0.8")
    an_account(quick_installation, "ann", seats_used=0.5)
    quick_installation.clock.pass_by(days=1)
    begin(quick_installation)
    shown = the_approval(quick_installation)
    (why,) = shown["why"]
    assert (why["kind"], why["rule"]["gate"]) == ("mail", "owner approves where account.seats_used < 0.8")
    (asked,) = [each for each in why["decided"] if each["what"] == "asked"]
    (saw,) = asked["saw"]
    assert (saw["name"], saw["value"], saw["told_at"]) == ("account.seats_used", 0.5, "2026-01-05T09:00:00Z")


# One by one


def test_each_mail_is_decided_about_on_its_own(installation: Installation, provider: fakes.Provider) -> None:
    with_sendgrid(installation, provider)
    run = at_the_gate(installation)
    shown = the_approval(installation)
    ann, ben = letter_to(shown, "ann")["id"], letter_to(shown, "ben")["id"]
    assert decide(installation, "skip", messages=[ann])["state"] == "open"
    installation.take_turn(run)
    assert states(installation) == {"ann": "withdrawn", "ben": "gated"}
    decided = decide(installation, "approve", messages=[ben])
    assert decided["state"] == "approved"
    assert [letter["verdict"]["verdict"] for letter in decided["messages"]] == ["skipped", "approved"]
    installation.take_turn(run)
    assert got(provider) == {"ben@acme.example.com": sent(letter_to(shown, "ben"))}


def test_an_approved_mail_leaves_when_the_time_for_the_others_is_up(installation: Installation) -> None:
    run = at_the_gate(installation)
    decide(installation, "approve", messages=[letter_to(the_approval(installation), "ann")["id"]])
    wait = installation.take_turn(run)
    assert wait.until is not None
    installation.clock.now = wait.until
    installation.take_turn(run)
    assert states(installation) == {"ann": "accepted", "ben": "withdrawn"}


@pytest.mark.parametrize("first", ["approve", "skip"])
def test_a_mail_is_decided_about_once(quick_installation: Installation, first: str) -> None:
    at_the_gate(quick_installation)
    ann = letter_to(the_approval(quick_installation), "ann")["id"]
    decide(quick_installation, first, messages=[ann])
    for verb in ("approve", "skip"):
        assert "the mail to ann is decided already" in decide(quick_installation, verb, 409, messages=[ann])["detail"]
    assert "decided already" in decide(quick_installation, "edit", 409, messages=[ann], subject="x")["detail"]
    assert decide(quick_installation, "skip", 404, messages=["7"])["detail"] == "there is no mail '7'"


def test_of_two_who_decide_at_the_same_moment_one_is_told_that_it_is_decided(installation: Installation) -> None:
    id = begin_and_find(installation)
    gate = threading.Barrier(2)

    def act(verb: str) -> int:
        gate.wait()
        return installation.client.post(f"/v1/approvals/{id}/{verb}", json={"by": "director"}).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(act, ("approve", "skip")))
    assert sorted(answers) == [200, 409]
    with installation.database.read() as session:
        assert len({row.verdict for row in session.execute(select(verdicts))}) == 1


def begin_and_find(installation: Installation) -> str:
    at_the_gate(installation)
    return str(the_approval(installation)["id"])


# Who may


@pytest.mark.parametrize(
    ("by", "may"), [("csm", True), ("director", True), ("vp", True), ("cco", True), ("engineer", False), ("executive", False)]
)
@pytest.mark.parametrize("verb", ["approve", "skip", "edit"])
def test_the_owner_and_those_above_decide_and_nobody_else(quick_installation: Installation, by: str, may: bool, verb: str) -> None:
    at_the_gate(quick_installation)
    answer = decide(quick_installation, verb, None if may else 403, by, **({"subject": "Hello"} if verb == "edit" else {}))
    if not may:
        name = TEAM[by]["name"]
        words = f"{name} may not decide this: that is for Cara Stein, whoever covers for them, and for director, vp or cco"
        assert answer["detail"] == words
        assert states(quick_installation) == {"ann": "gated", "ben": "gated"}


def test_whoever_covers_for_an_absent_owner_is_asked_and_decides(quick_installation: Installation) -> None:
    at_the_gate(quick_installation)
    day = quick_installation.clock.now.date()
    away = [{"starts_on": f"{day}", "ends_on": f"{day + timedelta(days=9)}"}]
    call(quick_installation, "PUT", "/v1/people/csm", absences=away, backup="engineer")
    asked = the_approval(quick_installation)
    assert (asked["approver_id"], asked["covering_for"]) == ("engineer", "csm")
    assert decide(quick_installation, "approve", by="engineer")["decided_by"] == "engineer"


def test_what_a_leaver_was_asked_is_for_whoever_holds_the_role_now(quick_installation: Installation) -> None:
    at_the_gate(quick_installation)
    call(quick_installation, "PUT", "/v1/people/csm", active=False)
    assert the_approval(quick_installation)["approver_id"] == "engineer"  # the pool, where nobody owns the account
    assert decide(quick_installation, "approve", by="engineer")["state"] == "approved"


def test_once_it_was_passed_on_nobody_is_said_to_be_covered_for_who_is_not(quick_installation: Installation) -> None:
    run = at_the_gate(quick_installation, "escalate")
    day = quick_installation.clock.now.date()
    away = [{"starts_on": f"{day}", "ends_on": f"{day + timedelta(days=9)}"}]
    call(quick_installation, "PUT", "/v1/people/csm", absences=away, backup="engineer")
    wait = quick_installation.take_turn(run)
    assert wait.until is not None
    quick_installation.clock.now = wait.until
    quick_installation.take_turn(run)
    asked = the_approval(quick_installation)
    assert (asked["role"], asked["approver_id"], asked["covering_for"], asked["expires_at"]) == ("director", "director", None, None)
    assert decide(quick_installation, "approve", by="csm")["state"] == "approved"  # the owner still may


# Changing


def test_an_edited_mail_is_set_into_its_layout_kept_with_the_original_and_sent_as_it_was_shown(
    installation: Installation, provider: fakes.Provider
) -> None:
    with_sendgrid(installation, provider)
    run = at_the_gate(installation, "skip", "ann")
    before = the_approval(installation)["messages"][0]
    text = before["markdown"].replace("Hello Ann,", "Hello **Ann**, {% if contact.name %}dear {{ contact.name }}{% endif %}")
    after = decide(installation, "edit", subject="Our talk", text=text, by="director")["messages"][0]
    assert after["subject"] == "Our talk"
    assert "Hello Ann, dear Ann Lee" in after["text"].replace("**", "")
    assert "<strong>Ann</strong>, dear Ann Lee" in after["html"]
    assert before["html"].partition("<body")[0].partition("<title>")[0] == after["html"].partition("<body")[0].partition("<title>")[0]
    ((kept,)) = after["edits"]
    assert (kept["by"], kept["was_subject"], kept["was_text"]) == ("director", before["subject"], before["text"])
    assert (kept["was_hash"], kept["body_hash"]) == (before["body_hash"], after["body_hash"])
    decide(installation, "approve", read=[after["body_hash"]])
    installation.take_turn(run)
    assert got(provider) == {"ann@acme.example.com": sent(after)}


def test_a_mail_edited_without_a_change_stays_as_it_was(quick_installation: Installation) -> None:
    at_the_gate(quick_installation, "skip", "ann")
    before = the_approval(quick_installation)["messages"][0]
    assert "Acme\\_Ltd uses 50% of its seats" in before["markdown"].replace("\N{NO-BREAK SPACE}", " ").replace("50 %", "50%")
    after = decide(quick_installation, "edit", text=before["markdown"])["messages"][0]
    assert sent(after) == sent(before)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "say what becomes of it"),
        ({"text": " \n"}, "neither its subject nor its text can be empty"),
        ({"text": "Hello {{ contact.nonsense }}"}, "has no attribute 'nonsense'"),
        ({"text": "Hello {% if %}"}, "cannot be changed so"),
        ({"text": "[Here]({{ account.name }})"}, "a link begins with https://"),
    ],
)
def test_a_change_that_cannot_be_sent_is_refused_with_a_sentence(quick_installation: Installation, told: dict[str, str], why: str) -> None:
    at_the_gate(quick_installation, "skip", "ann")
    before = the_approval(quick_installation)
    assert why in decide(quick_installation, "edit", 422, **told)["detail"]
    assert the_approval(quick_installation) == before


def test_under_the_financial_pack_nobody_changes_words(quick_installation: Installation) -> None:
    at_the_gate(quick_installation)
    published(quick_installation, GATE.format("skip"), packs="financial: {approved_by: [cco]}\n")
    assert "the financial pack" in decide(quick_installation, "edit", 422, subject="Hello")["detail"]


# What lacks something


@pytest.mark.parametrize("gate", ["", GATE.format("send")])
def test_a_mail_that_cannot_be_filled_in_waits_for_the_owner_and_is_rendered_anew_when_the_fact_is_told(
    installation: Installation, provider: fakes.Provider, gate: str
) -> None:
    with_sendgrid(installation, provider)
    published(installation, gate)
    an_account(installation, "ann")
    run = begin(installation)
    asked = the_approval(installation)
    (letter,) = asked["messages"]
    assert (asked["role"], asked["approver_id"], letter["text"]) == ("owner", "csm", None)
    assert "account.seats_used is not known; tell that" in letter["reason"]
    assert "cannot be filled in" in decide(installation, "approve", 422)["detail"]
    call(installation, "PUT", "/v1/accounts/acme", facts={"seats_used": 0.5})
    assert installation.nudges[-1].order.run_id == run.order.run_id
    installation.take_turn(run)
    assert got(provider) == {}
    (letter,) = the_approval(installation)["messages"]
    assert letter["reason"] is None
    decide(installation, "approve")
    installation.take_turn(run)
    assert got(provider) == {"ann@acme.example.com": sent(letter)}


@pytest.mark.parametrize("gate", ["", GATE.format("send")])
def test_a_mail_that_says_a_fact_too_old_waits_and_does_not_leave_by_itself(installation: Installation, gate: str) -> None:
    published(installation, gate, FIGURES.replace("account.seats_used |", "account.seats_used | default(0.1, true) |"))
    an_account(installation, "ann", seats_used=0.5)
    installation.clock.pass_by(days=35)
    run = begin(installation)
    (letter,) = the_approval(installation)["messages"]
    assert letter["reason"] == "email/figures says account.seats_used, which was told on 2026-01-05 and is too old: it counts for 30 days"
    assert "10" in letter["text"]
    wait = installation.take_turn(run)
    assert wait.until is not None
    installation.clock.now = wait.until
    installation.take_turn(run)
    assert states(installation) == {"ann": "gated"}
    assert the_approval(installation)["role"] == "director"
    decide(installation, "approve", by="director")  # whoever sees it may send it all the same
    installation.take_turn(run)
    assert states(installation) == {"ann": "accepted"}


def test_an_edit_makes_up_for_what_is_missing(quick_installation: Installation) -> None:
    published(quick_installation)
    an_account(quick_installation, "ann")
    run = begin(quick_installation)
    written = decide(quick_installation, "edit", text="Hello {{ contact.first_name }}, shall we talk?")["messages"][0]
    call(quick_installation, "PUT", "/v1/accounts/acme", facts={"seats_used": 0.5})
    quick_installation.take_turn(run)
    assert the_approval(quick_installation)["messages"][0]["body_hash"] == written["body_hash"]  # what came later does not undo it
    decide(quick_installation, "approve")
    quick_installation.take_turn(run)
    assert states(quick_installation) == {"ann": "accepted"}
