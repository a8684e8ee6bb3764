"""Holds: nothing goes out to an account, from a journey, or of a class of mail."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from activities import holding
from activities.ledger import Nudge
from activities.sweep import Sweep
from database import definitions, runs
from database.tables import DecisionRow, table
from domain import state
from domain.holding import STALE
from runtime import folders
from tests.api.refusals import refused
from tests.installation import ROOT, START, Installation

HOLDS = "/v1/accounts/acme/holds"


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"by": "csm"}, 422, "missing", "'reason' is missing"),
        ({"by": "csm", "reason": ""}, 422, "empty", "it is empty"),
        ({"by": "nobody", "reason": "x"}, 422, "unknown_person", "nobody active"),
        ({"by": "csm", "reason": "x", "until": "2026-01-05T09:00:00Z"}, 422, "range", "lies in the past"),
        ({"by": "csm", "reason": "x", "until": "soon"}, 422, "timestamp", "a moment like"),
        ({"by": "csm", "reason": "x", "journey": "renewl"}, 422, "not_allowed", "did you mean 'renewal'?"),
        ({"by": "csm", "reason": "x", "mail_class": "growth", "resume": "skip"}, 422, "not_allowed", "leave 'resume' out"),
        ({"by": "csm", "reason": "x", "mail_class": "grwth"}, 422, "not_allowed", "did you mean 'growth'?"),
        ({"by": "csm", "reason": "x", "journey": "renewal", "mail_class": "growth"}, 422, "either_or", "not both at once"),
    ],
)
def test_a_hold_with_a_fault_is_refused(refusing: Installation, body: dict[str, Any], status: int, code: str, words: str) -> None:
    refused(refusing.client.post(HOLDS, json=body), status, code, words)


def test_only_what_is_there_is_held_and_lifted(refusing: Installation) -> None:
    refused(refusing.client.post("/v1/accounts/nobody/holds", json={"by": "csm", "reason": "x"}), 404, "account_not_found")
    refused(refusing.client.post("/v1/holds/7/lift", json={"by": "csm"}), 404, "hold_not_found", "there is no hold '7'")


def test_of_a_held_class_of_mail_nobody_can_say_what_becomes_of_what_fell_due(quick_installation: Installation) -> None:
    client = quick_installation.client
    hold = client.post("/v1/holds", json={"by": "csm", "reason": "x", "mail_class": "growth"}).json()
    refused(client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm", "resume": "skip"}), 422, "not_allowed", "leave 'resume' out")
    assert client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}).json()["lifted_by"] == "csm"


@pytest.mark.parametrize("part", [{}, {"journey": "onboarding"}, {"mail_class": "growth"}])
def test_a_hold_is_in_force_until_it_is_lifted_once(quick_installation: Installation, part: dict[str, str]) -> None:
    quick_installation.sign_up()
    client = quick_installation.client
    placed = client.post(HOLDS, json={"by": "csm", "reason": "They move", "until": "2026-03-01T00:00:00Z", **part})
    assert placed.status_code == 201
    hold = placed.json()
    assert (hold["placed_by"], hold["lifted_at"], hold["until"]) == ("csm", None, "2026-03-01T00:00:00Z")
    assert client.get(HOLDS).json() == [hold]
    quick_installation.nudges.clear()
    lifted = client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}).json()
    assert lifted["lifted_at"] == "2026-01-05T09:00:00Z"
    assert {nudge.workflow_type for nudge in quick_installation.nudges} == {"onboarding"}
    refused(client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}), 409, "not_open", "lifted already")
    assert client.get(HOLDS).json() == []


def test_nothing_leaves_while_an_account_is_held(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    begun = quick_installation.nudges[0]
    quick_installation.client.post(HOLDS, json={"by": "csm", "reason": "Not yet"})
    quick_installation.take_turn(begun)
    assert quick_installation.client.get("/v1/outbox").json() == []
    hold = quick_installation.client.get(HOLDS).json()[0]
    quick_installation.client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"})
    quick_installation.take_turn(begun)
    assert [mail["step"] for mail in quick_installation.client.get("/v1/outbox").json()] == ["send-welcome"]


def test_a_run_that_two_holds_keep_back_goes_on_when_both_are_lifted(quick_installation: Installation) -> None:
    installed = quick_installation
    installed.sign_up()
    nudge = installed.nudges[-1]
    installed.take_turn(nudge)
    of_all, of_journey = (
        installed.client.post(HOLDS, json={"by": "csm", "reason": reason, **part}).json()["id"]
        for reason, part in (("a dispute", {}), ("a freeze", {"journey": "onboarding"}))
    )
    held = []
    for hold in (of_journey, of_all):
        installed.client.post(f"/v1/holds/{hold}/lift", json={"by": "csm"})
        installed.take_turn(nudge)
        held.append(installed.client.get(f"/v1/enrollments/{nudge.order.run_id}").json()["held"])
    assert held == [True, False]


# Holds of all accounts

EVERYTHING = "/v1/holds"


def turns_of(installed: Installation, account: str) -> list[Nudge]:
    runs = {run["id"] for run in installed.client.get(f"/v1/enrollments?account={account}&limit=50").json()["items"]}
    return [nudge for nudge in installed.nudges if nudge.order.run_id in runs and nudge.begins]


def sent(installed: Installation) -> list[tuple[str, str]]:
    return sorted((mail["account_id"], mail["step"]) for mail in installed.client.get("/v1/outbox").json())


def test_whoever_holds_everything_stops_all_accounts_at_once_the_new_ones_too(installation: Installation) -> None:
    installation.sign_up()
    installation.sign_up("globex")
    begun = [*turns_of(installation, "acme"), *turns_of(installation, "globex")]
    installation.take_turn(begun[0])
    assert sent(installation) == [("acme", "send-welcome")]
    before = len(installation.nudges)
    hold = installation.client.post(EVERYTHING, json={"by": "csm", "reason": "An incident"}).json()
    assert (hold["account_id"], hold["journey"], hold["resume"]) == (None, None, "shift")
    assert len(installation.nudges) == before  # one row, and nobody is told
    installation.sign_up("umbra")
    begun += turns_of(installation, "umbra")
    for nudge in begun:
        installation.take_turn(nudge)
    assert sent(installation) == [("acme", "send-welcome")]
    assert installation.client.get(EVERYTHING).json() == [hold]

    installation.nudges.clear()
    installation.client.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"})
    assert {nudge.order.run_id for nudge in installation.nudges} == {nudge.order.run_id for nudge in begun}
    for nudge in list(installation.nudges):
        installation.take_turn(nudge)
    assert sent(installation) == [("acme", "send-welcome"), ("globex", "send-welcome"), ("umbra", "send-welcome")]
    assert installation.client.get(EVERYTHING).json() == []


@pytest.mark.parametrize("part", [{}, {"journey": "onboarding"}])
def test_a_hold_of_all_accounts_that_ends_by_its_date_lets_sleeping_runs_go_on_later(installation: Installation, part: Any) -> None:
    """The run is not woken when the hold begins; a sweep tells it when that is over, and its waits end later."""
    nudge = first_turn(installation)
    until = installation.clock.now + timedelta(days=3)
    installation.client.post(EVERYTHING, json={"by": "csm", "reason": "x", "until": until.isoformat(), **part})
    installation.clock.pass_by(days=3, minutes=1)
    assert Sweep(installation.database, installation.office, installation.nudge).end_holds(installation.clock.now) == 1
    installation.take_turn(nudge)
    assert waits(installation, nudge) == [until + timedelta(days=4)]
    assert Sweep(installation.database, installation.office, installation.nudge).end_holds(installation.clock.now) == 0


def test_runs_are_told_by_a_sweep_where_whoever_lifted_the_hold_was_stopped(installation: Installation) -> None:
    nudge = first_turn(installation)
    id = installation.client.post(EVERYTHING, json={"by": "csm", "reason": "x"}).json()["id"]
    installation.clock.pass_by(days=2)
    with installation.database.write() as session:
        holding.lift(session, installation.office, id, "csm", None, installation.clock.now)
    installation.nudges.clear()
    installation.clock.pass_by(seconds=5)
    Sweep(installation.database, installation.office, installation.nudge).once(installation.clock.now)
    assert [told.order.run_id for told in installation.nudges] == [nudge.order.run_id]
    installation.take_turn(nudge)
    assert waits(installation, nudge) == [START + timedelta(days=6)]


WAITING = """\
journey: onboarding
title: Waiting
for: account
starts: {on: signed_up, reenter: never}
anchor: start
class: onboarding
steps: [{wait: 4 days}, {task: Call, owner: csm, sla: P3}]
"""


def first_turn(installed: Installation) -> Nudge:
    """A run that waits for four days."""
    texts = {**folders.read(ROOT), ("journey", "onboarding"): WAITING}
    with installed.database.write() as session:
        definitions.publish(session, texts, installed.clock.now)
    installed.sign_up()
    (nudge,) = [nudge for nudge in installed.nudges if nudge.workflow_type == "onboarding"]
    installed.take_turn(nudge)
    assert waits(installed, nudge) == [START + timedelta(days=4)]
    return nudge


def waits(installed: Installation, nudge: Nudge) -> list[datetime]:
    with installed.database.read() as session:
        row = runs.enrollment(session, nudge.order.run_id)
        assert row is not None
        return [position.until for position in state.load(row.state).tracks.values() if position.until]


def test_a_hold_of_everything_takes_a_scope_of_its_own(quick_installation: Installation) -> None:
    hold = quick_installation.client.post(EVERYTHING, json={"by": "csm", "reason": "x"}).json()
    usual = quick_installation.client_with(quick_installation.key("accounts:read", "enrollments:write", "act_for_people"))
    refused(usual.post(EVERYTHING, json={"by": "csm", "reason": "x"}), 403, "missing_scope", "hold_everything")
    refused(usual.post(f"/v1/holds/{hold['id']}/lift", json={"by": "csm"}), 403, "missing_scope", "hold_everything")
    assert usual.get(EVERYTHING).json() == [hold]


def test_a_held_enrollment_is_not_resumed_past_the_hold_of_its_account(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    nudge = quick_installation.nudges[-1]
    hold = quick_installation.client.post(HOLDS, json={"by": "csm", "reason": "a dispute"}).json()
    quick_installation.take_turn(nudge)
    answer = quick_installation.client.post(f"/v1/enrollments/{nudge.order.run_id}/resume", json={"by": "csm"})
    refused(answer, 409, "hold_in_force", f"the account is held; lift the hold '{hold['id']}' instead")


@pytest.mark.parametrize("policy", ["shift", "skip", "send"])
@pytest.mark.parametrize("of", [HOLDS, EVERYTHING])
def test_what_is_foreseen_of_lifting_a_hold_is_what_happens(installation: Installation, of: str, policy: str) -> None:
    installation.sign_up()
    begun = turns_of(installation, "acme")
    for nudge in begun:
        installation.take_turn(nudge)
    hold = installation.client.post(of, json={"by": "csm", "reason": "x", "resume": "send"}).json()["id"]
    installation.clock.pass_by(days=9)
    lift = f"/v1/holds/{hold}/lift"
    foreseen = installation.client.post(f"{lift}?preview=true", json={"by": "csm", "resume": policy}).json()
    assert installation.client.get(of).json()[0]["lifted_at"] is None
    known = touched(installation)
    installation.client.post(lift, json={"by": "csm", "resume": policy})
    for nudge in begun:
        installation.take_turn(nudge)
    came = touched(installation) - known
    assert came == Counter((touch["kind"], touch["step"]) for run in foreseen["each"] for touch in run["at_once"])
    assert foreseen["at_once"] == dict(Counter(kind for kind, _ in came.elements()))
    stale = sum((Counter(run["stale"]) for run in foreseen["each"]), Counter[str]())
    assert skipped(installation) == stale
    assert bool(stale) == (policy == "skip")
    for run in foreseen["each"]:
        nudge = next(nudge for nudge in begun if nudge.order.run_id == run["run_id"])
        assert {datetime.fromisoformat(later["at"]) for later in run["shifted"]} <= set(waits(installation, nudge))
    assert (foreseen["runs"], foreseen["still_held"]) == (len(foreseen["each"]), 0)


def touched(installed: Installation) -> Counter[tuple[str, str]]:
    mails = installed.client.get("/v1/messages?account=acme&limit=200").json()["items"]
    tasks = installed.client.get("/v1/tasks?account=acme&limit=200").json()["items"]
    kinds = {"send": "mail", "post": "post"}
    found = [(kinds[mail["effect"]], mail["step"]) for mail in mails if mail["effect"] in kinds and mail["state"] == "accepted"]
    return Counter([*found, *(("task", task["step"]) for task in tasks)])


def skipped(installed: Installation) -> Counter[str]:
    decisions = table(DecisionRow)
    with installed.database.read() as session:
        found = session.execute(select(decisions.c.step).where(decisions.c.what == "skipped", decisions.c.result == STALE))
        return Counter(found.scalars())
