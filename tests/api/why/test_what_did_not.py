"""Why something did not go out, or not yet."""

from __future__ import annotations

from tests.api.staging import play, started
from tests.api.why.kit import approve, ask, begin, mail, publish, the_one
from tests.installation import Installation


def test_a_step_that_was_skipped_says_its_rule_and_the_values(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    approve(installation)
    play(installation, nudge, days=4)
    skipped = the_one(installation, step="trained")
    assert (skipped["fate"], skipped["why"]) == ("skipped", "its condition does not hold")
    assert "The rule: account.training >= 0.5; it saw account.training = 0.25 (told 3 days before)." in skipped["story"]


def test_a_step_that_is_never_for_the_segment_says_so(installation: Installation) -> None:
    begin(installation)
    never = the_one(installation, step="for-smb")
    assert (never["fate"], never["why"]) == ("never", 'never for Enterprise: it asks for account.segment == "smb"')
    of_another = the_one(installation, step="send-setup-help", journey="onboarding")
    assert (of_another["fate"], of_another["why"]) == ("never", "never for Enterprise: it is written for SMB only")


def test_the_arm_of_a_branch_that_was_not_chosen_says_what_was(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    assert the_one(installation, step="small")["fate"] == "ahead"
    approve(installation)
    play(installation, nudge, days=5)
    small = the_one(installation, step="small")
    assert (small["fate"], small["why"]) == ("not_taken", "'branch-size' chose case 1")
    assert small["decided"][0]["saw"][0]["value"] == 90_000
    assert the_one(installation, step="big")["decided"][0]["result"] == "case 1"


def test_a_step_that_steers_says_what_it_came_to(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge, days=8)
    chosen = the_one(quick_installation, step="size")
    assert (chosen["fate"], chosen["why"], chosen["at"]) == ("done", "it was taken: case 1", "2026-01-09T08:00:00Z")
    assert chosen["decided"][-1]["rule"] == "account.arr >= 50000"
    waits = the_one(quick_installation, step="setup")
    assert (waits["fate"], waits["why"]) == ("waiting", "it waits for setup_completed")
    assert waits["at"].startswith("2026-02-01")


def test_what_lies_ahead_says_where_the_run_is_and_its_day(installation: Installation) -> None:
    begin(installation, days=1)
    ahead = the_one(installation, step="late-one")
    # Day 40 is a Saturday: it moves to the Monday after, when the reader's hours begin.
    assert (ahead["fate"], ahead["at"]) == ("ahead", "2026-02-16T08:01:50Z")
    assert ahead["why"] == "its track stands at 'gated'; its day is day 40"
    cheer = the_one(installation, step="cheer")
    assert (cheer["fate"], cheer["at"]) == ("waiting", None)
    assert "first_value_reached, and that has not happened since the run began" in cheer["why"]
    assert "only after account_returned" in the_one(installation, step="goodbye")["why"]


def test_a_step_that_stands_before_its_day_is_still_to_come(quick_installation: Installation) -> None:
    nudge = begin(quick_installation, days=1)
    approve(quick_installation)
    play(quick_installation, nudge)
    ahead = the_one(quick_installation, step="trained")
    assert (ahead["fate"], ahead["at"], ahead["why"]) == ("ahead", "2026-01-08T08:01:50Z", "its day has not come")


def test_when_an_anchor_moves_what_is_behind_claims_no_day_and_what_lies_ahead_has_a_new_one(quick_installation: Installation) -> None:
    publish(quick_installation)
    quick_installation.sign_up()
    quick_installation.client.post("/v1/enrollments", json={"journey": "anchored", "account": "acme", "by": "csm"})
    nudge = started(quick_installation, "anchored")
    play(quick_installation, nudge, days=1)
    assert the_one(quick_installation, journey="anchored", step="opening")["day"] == "2026-01-05"
    assert the_one(quick_installation, journey="anchored", step="month")["at"] == "2026-02-04T08:01:50Z"
    moved = {"starts_on": "2026-01-12", "ends_on": "2027-01-12"}
    assert quick_installation.client.put("/v1/accounts/acme/contracts/acme-1", json=moved).status_code == 200
    play(quick_installation, nudge)
    assert the_one(quick_installation, journey="anchored", step="opening")["day"] is None
    month = the_one(quick_installation, journey="anchored", step="month")
    assert (month["fate"], month["at"]) == ("ahead", "2026-02-11T08:01:50Z")
    assert month["decided"][-1]["result"] == "moved from 2026-02-04 to 2026-02-11"


def test_what_a_run_did_not_live_to_do_says_how_it_ended(installation: Installation) -> None:
    nudge = begin(installation, days=1)
    path = f"/v1/enrollments/{nudge.order.run_id}/exit"
    assert installation.client.post(path, json={"by": "csm", "why": "They asked us to stop"}).status_code == 202
    play(installation, nudge)
    over = the_one(installation, step="late-one")
    assert (over["fate"], over["at"]) == ("over", "2026-01-06T10:00:00Z")
    assert over["why"] == "the run ended before it came to it: They asked us to stop (by csm)"
    withdrawn = mail(installation, "gated")
    assert (withdrawn["fate"], withdrawn["delivery"]["reason"]) == ("withdrawn", "They asked us to stop (by csm)")


def test_a_journey_that_was_refused_says_why_and_what_its_rule_saw(installation: Installation) -> None:
    begin(installation)
    before = the_one(installation, journey="guarded")
    assert before["fate"] == "not_entered"
    assert "it starts with first_value_reached (never told); as things are it may not enter" in before["why"]
    assert before["decided"][0]["saw"][0]["value"] == 0.25
    installation.tell("first_value_reached")
    refusal = next(entry for entry in ask(installation, journey="guarded") if entry["fate"] == "refused")
    assert refusal["why"] == "'account.training >= 0.5' does not hold"
    assert refusal["began"] == "first_value_reached"
    (decided,) = refusal["decided"]
    assert decided["saw"] == [{"name": "account.training", "value": 0.25, "told_at": "2026-01-05T09:00:00Z", "stale": False}]


def test_a_journey_that_begins_on_a_day_says_which(quick_installation: Installation) -> None:
    quick_installation.sign_up()
    renewal = the_one(quick_installation, journey="renewal")
    assert renewal["fate"] == "ahead"
    assert renewal["at"].startswith("2026-07-0")
    assert renewal["why"].startswith("it begins then: day -180 of contract.decision_on, 2027-01-05")


def test_a_journey_that_was_entered_says_why_and_how_it_ended(quick_installation: Installation) -> None:
    nudge = begin(quick_installation)
    entered = ask(quick_installation, journey="story")[-1]
    assert (entered["kind"], entered["fate"], entered["began"]) == ("journey", "entered", "by csm")
    quick_installation.client.post(f"/v1/enrollments/{nudge.order.run_id}/exit", json={"by": "csm", "why": "enough"})
    play(quick_installation, nudge)
    assert ask(quick_installation, journey="story")[-1]["why"] == "it ended: enough (by csm)"
