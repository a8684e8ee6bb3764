"""The whole story of two customers over the public API, with the real clients of SendGrid and Slack against local fakes.

Acme is onboarded with trouble, adopts, falls ill, is saved, and renews. Beta leaves and is won back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from database.engine import Database
from tests.e2e.conductor import START, Conductor, stage
from tests.installation import TEAM

DAY_0 = START.date()
SLACK_IDS = {"csm": "UCSM000", "director": "UDIRECT", "vp": "UVP0000", "cco": "UCCO000", "engineer": "UENGINE"}


def on(day: float) -> datetime:
    return START + timedelta(days=day)


class Story:
    """Short ways of asking what an outsider can see."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor
        self.call = conductor.call

    def mails_to(self, address: str) -> list[str]:
        return [delivery.subject for delivery in self.conductor.sendgrid.accepted if delivery.to == address]

    def slack_to(self, target: str) -> list[str]:
        return [delivery.subject for delivery in self.conductor.slack.accepted if delivery.to == target]

    async def live(self, account: str) -> dict[str, dict[str, Any]]:
        return {each["journey"]: each for each in await self.conductor.every("enrollments", account=account, live="true")}

    async def tasks(self, account: str, **wanted: str) -> dict[str, dict[str, Any]]:
        return {each["step"]: each for each in await self.conductor.every("tasks", account=account, **wanted)}

    async def escalation(self, account: str, cause: str) -> dict[str, Any]:
        return next(each for each in await self.conductor.every("escalations", account=account) if each["cause"] == cause)

    async def finish_tasks(self, account: str, **outcomes: str) -> None:
        for step, task in (await self.tasks(account, state="open")).items():
            outcome = outcomes.get(step.removeprefix("task-").replace("-", "_")) or (task["outcomes"] or [None])[0]
            await self.call("POST", f"/v1/tasks/{task['id']}/complete", {"by": task["assignee_id"], "outcome": outcome})
        await self.conductor.settle()

    async def tell(self, name: str, account: str = "acme", **payload: Any) -> None:
        await self.conductor.tell(name, account, **payload)

    async def scores(self, account: str, value: int) -> None:
        scores = dict.fromkeys(("usage", "engagement", "performance", "satisfaction"), value)
        await self.call("POST", f"/v1/accounts/{account}/health", {"scores": scores})
        await self.conductor.settle()


async def test_two_customers_from_signature_to_renewal_and_from_churn_to_return(database: Database) -> None:
    async with stage(database) as conductor:
        story = Story(conductor)
        for id, slack_id in SLACK_IDS.items():
            await conductor.call("PUT", f"/v1/people/{id}", {"slack_id": slack_id, "roles": TEAM[id]["roles"]})
        await both_sign_up(story)
        await acme_is_onboarded_with_trouble(story)
        await beta_leaves(story)
        await acme_falls_ill_and_is_saved(story)
        await beta_returns(story)
        await acme_renews(story)
        await nothing_is_left_over(story)


async def both_sign_up(story: Story) -> None:
    installation = story.conductor.installation
    contract = {"id": "acme-1", "starts_on": DAY_0.isoformat(), "ends_on": (DAY_0 + timedelta(days=365)).isoformat()}
    installation.sign_up("acme", 90_000, contract={**contract, "auto_renews": True, "notice_days": 30})
    installation.sign_up("beta", 6_000)
    await story.conductor.settle()
    assert story.mails_to("ann@acme.example.com") == ["Welcome to Meridian Campaigns, Ann"]
    assert set(await story.live("acme")) == {"onboarding"}


async def acme_is_onboarded_with_trouble(story: Story) -> None:
    conductor = story.conductor
    await conductor.play(on(7))
    assert "task-unblock" in await story.tasks("acme", state="open")  # setup was not done by day 7
    await conductor.play(on(13))
    unblock = (await story.tasks("acme"))["task-unblock"]
    overdue = await story.escalation("acme", f"overdue/{unblock['id']}")
    assert (overdue["role"], overdue["person_id"], overdue["state"]) == ("director", "director", "open")
    assert any("overdue" in text for text in story.slack_to(SLACK_IDS["director"]))
    await story.call("POST", f"/v1/tasks/{unblock['id']}/complete", {"by": "engineer"})
    await story.tell("setup_completed")
    assert (await story.escalation("acme", overdue["cause"]))["state"] == "resolved"

    await conductor.play(on(18))
    await story.tell("training_completed", share=1.0)
    await story.tell("plan_accepted")
    await story.tell("first_value_reached")
    assert any("first" in subject.lower() for subject in story.mails_to("ann@acme.example.com"))
    assert any("Acme" in text for text in story.slack_to("#wins"))
    await conductor.play(on(31))
    assert "adoption" in await story.live("acme")
    assert (await story.call("GET", "/v1/accounts/acme"))["stage"] == "adoption"


async def beta_leaves(story: Story) -> None:
    conductor = story.conductor
    await conductor.play(on(62))
    await story.tell("account_churned", "beta", reason="price")
    assert set(await story.live("beta")) == {"win-back"}
    await conductor.play(on(62 + 16))
    farewell, heard = await sent_at(story, "beta", "send-farewell"), await sent_at(story, "beta", "send-heard-you")
    assert farewell.date() == DAY_0 + timedelta(days=62)
    assert heard.date() == DAY_0 + timedelta(days=62 + 14 + 1)  # a Sunday moves to the next working day


async def sent_at(story: Story, account: str, step: str) -> datetime:
    found = await story.conductor.every("messages", account=account)
    states = {each["step"]: (each["state"], each["reason"]) for each in found}
    accepted = [datetime.fromisoformat(each["settled_at"]) for each in found if each["step"] == step and each["state"] == "accepted"]
    assert accepted, f"{step} was not sent; what there is: {states}"
    return accepted[0]


async def acme_falls_ill_and_is_saved(story: Story) -> None:
    conductor = story.conductor
    await conductor.play(on(100))
    assert set(await story.live("acme")) == {"adoption", "growth"}  # its adoption goals are open until day 120
    await story.scores("acme", 95)
    await conductor.play(on(130))
    await story.scores("acme", 20)  # a drop of more than ten points counts at once
    health = (await story.call("GET", "/v1/accounts/acme"))["health"]
    assert health["band"] == "critical"
    assert "save" in await story.live("acme")
    escalation = await story.escalation("acme", "health")
    assert (escalation["role"], escalation["person_id"], escalation["sla"]) == ("vp", "vp", "P1")
    assert any("Critical" in text for text in story.slack_to(SLACK_IDS["vp"]))

    await story.call("POST", f"/v1/escalations/{escalation['id']}/acknowledge", {"by": "vp"})
    await conductor.play(on(134))
    assert not any("Critical at" in text for text in story.slack_to(SLACK_IDS["cco"]))  # acknowledged in time, it climbs no further
    await story.scores("acme", 97)
    await conductor.play(on(135))
    await story.scores("acme", 97)
    assert (await story.call("GET", "/v1/accounts/acme"))["health"]["band"] == "healthy"
    assert (await story.escalation("acme", "health"))["outcome"] == "recovered"
    assert "save" not in await story.live("acme")


async def beta_returns(story: Story) -> None:
    conductor = story.conductor
    await conductor.play(on(170))
    again = {"id": "beta-2", "starts_on": on(170).date().isoformat(), "ends_on": on(535).date().isoformat()}
    await conductor.call("POST", "/v1/events", {"id": "beta-returns", "name": "account_returned", "account": "beta", "contract": again})
    await conductor.settle()
    live = await story.live("beta")
    assert set(live) == {"onboarding"}
    assert "task-returning-introduction" in await story.tasks("beta", state="open")
    assert story.mails_to("ann@beta.example.com")[-1] == "Welcome back to Meridian Campaigns"


async def acme_renews(story: Story) -> None:
    conductor = story.conductor
    decision = DAY_0 + timedelta(days=335)  # thirty days' notice before its end
    assert (await story.call("GET", "/v1/accounts/acme"))["contracts"][0]["decision_on"] == decision.isoformat()
    renewal = (await story.live("acme"))["renewal"]
    assert date.fromisoformat(renewal["begun_at"][:10]) == next_working_day(decision - timedelta(days=180))

    await conductor.play(on(200))
    later = DAY_0 + timedelta(days=365 + 20)
    await story.call("PUT", "/v1/accounts/acme/contracts/acme-1", {"ends_on": later.isoformat()})
    await conductor.settle()
    opens = next_working_day(decision + timedelta(days=20 - 90))
    await conductor.play(datetime.combine(opens, START.time(), UTC) - timedelta(days=1))
    before = len(story.slack_to(SLACK_IDS["csm"]))
    await conductor.play_days(1)
    posts = story.slack_to(SLACK_IDS["csm"])[before:]
    assert any("decides by" in text and "Acme" in text for text in posts), posts
    assert (await sent_at(story, "acme", "post-renewal-opens")).date() == opens

    await conductor.play(on(302))
    await story.tell("contract_signed")
    assert "renewal" not in await story.live("acme")
    assert (await sent_at(story, "acme", "send-thank-you")).date() == on(302).date()
    assert "growth" in await story.live("acme")
    assert "task-next-year-plan" in await story.tasks("acme", state="open")
    await conductor.play(on(420))
    terms = (await story.call("GET", "/v1/accounts/acme"))["contracts"]
    assert [term["starts_on"] for term in terms] == [DAY_0.isoformat(), later.isoformat()]


def next_working_day(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


async def nothing_is_left_over(story: Story) -> None:
    """Each mail and post once, and our word is the providers' word."""
    conductor = story.conductor
    assert set((conductor.sendgrid.counts() + conductor.slack.counts()).values()) == {1}
    accepted = [each["id"] for each in await conductor.every("messages", state="accepted")]
    assert sorted(accepted) == sorted(conductor.sendgrid.counts() + conductor.slack.counts())
    for state in ("in_doubt", "failed", "claimed"):
        assert (await story.call("GET", f"/v1/messages?state={state}"))["items"] == []
