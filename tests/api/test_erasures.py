"""Erasing a contact: what is under way ends, what tells of them is nowhere any more, and what they said no to goes on to hold."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from activities.ledger import Nudge
from channels.channel import Accepted, Channels, Mail
from channels.outbox import Outbox
from database import definitions, suppressions
from database.engine import Database
from database.tables import EnrollmentRow, MessageRow, ReportRow, TaskRow, metadata, table
from database.traces import IMPERSONAL
from domain import addresses
from runtime import folders
from tests.activities import gates
from tests.api import test_inbound as inbound
from tests.api import test_webhooks as webhooks
from tests.api.refusals import refused, stored
from tests.api.staging import onboard
from tests.api.test_answers import page_of, survey_mail
from tests.installation import LINKS, ROOT, Installation
from tests.living import settle

messages, enrollments, reports, tasks = table(MessageRow), table(EnrollmentRow), table(ReportRow), table(TaskRow)
ANN = "/v1/accounts/acme/contacts/acme-ann"
CANARIES = ("Ann Lee", "ann@acme.example.com", "blue elephant", "purple giraffe", "green walrus", "pink flamingo")


@pytest.fixture
def reader(installation: Installation) -> TestClient:
    return TestClient(installation.app, raise_server_exceptions=False)


def erase(installation: Installation, contact: str = ANN, status: int = 201, why: str = "asked for it") -> dict[str, Any]:
    answer = installation.client.post(f"{contact}/erasure", json={"by": "csm", "why": why})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(installation: Installation, path: str, **body: Any) -> Any:
    answer = installation.client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def live_a_month(installation: Installation, reader: TestClient) -> Nudge:
    """Ann's onboarding, with everything that can be told of her."""
    nudge = onboard(installation, days=30)
    mail = survey_mail(installation)
    assert reader.post(page_of(mail), data={"score": "2", "comment": "The blue elephant never worked"}).status_code == 200
    assert inbound.arrives(
        installation, subject="Re: purple giraffe", text="Where is the green walrus? Ann Lee", headers=f"In-Reply-To: <{mail['id']}@example.com>"
    ).json()["matched"]  # fmt: skip
    installation.take_turn(nudge)
    address = "ann@acme.example.com"
    post(
        installation,
        "/v1/suppressions",
        address=address,
        scope="topic",
        topic="tips",
        reason="Ann Lee asked",
        proof="Her call: pink flamingo",
    )
    post(installation, "/v1/consents", address=address, source="form", text_version="1", proof="pink flamingo", ip="192.0.2.7")
    sent = {"contact": "acme-ann", "source": "sales", "what": "a mail of ours to Ann Lee", "sent_at": installation.clock.now.isoformat()}
    post(installation, "/v1/accounts/acme/external-sends", id="sales-1", **sent)
    told = {"id": "usage-1", "name": "noticed", "account": "acme", "contact": "acme-ann", "payload": {"said": "I like the pink flamingo"}}
    post(installation, "/v1/events", **told)
    task = installation.client.get("/v1/tasks?state=open").json()["items"][0]
    post(installation, f"/v1/tasks/{task['id']}/snooze", by="csm", until=(installation.clock.now + timedelta(days=1)).isoformat(),
         reason="Ann Lee is away")  # fmt: skip
    assert installation.client.put(ANN, json={"facts": {"language": "de-AT"}}).status_code == 200
    return nudge


def traces(database: Database, *words: str) -> list[str]:
    """Where these words stand, in all there is."""
    return [
        f"{name}: {word} in {row}"
        for name, rows in stored(database).items()
        for row in rows
        for word in words or CANARIES
        if word.lower() in json.dumps(row, default=str, ensure_ascii=False).lower()
    ]


# What is left


def test_nothing_tells_of_them_any_more(installation: Installation, reader: TestClient) -> None:
    live_a_month(installation, reader)
    assert {word for word in CANARIES if traces(installation.database, word)} == set(CANARIES)
    others = len(traces(installation.database, "Ben Okafor"))
    done = erase(installation, why="Ann Lee asked for it")
    found = traces(installation.database)
    assert not found, "\n".join(each[:900] for each in found)
    assert len(traces(installation.database, "Ben Okafor")) == others
    assert (done["id"], done["why"], done["archived"]) == ("acme-ann", "(erased) asked for it", 0)
    assert {"messages", "answers", "replies", "tasks", "events", "consents", "suppressions"} <= set(done["wiped"])
    assert done["sent_through"] == {
        "outbox": len([each for each in rows(installation, messages) if each.recipient == "acme-ann" and each.state == "accepted"])
    }
    assert installation.client.get("/v1/erasures/acme-ann").json().items() <= done.items()


def test_what_happened_is_still_told_without_them(installation: Installation, reader: TestClient) -> None:
    live_a_month(installation, reader)
    before = {each.id: (each.step, each.state, each.body_hash) for each in rows(installation, messages)}
    erase(installation)
    assert {each.id: (each.step, each.state, each.body_hash) for each in rows(installation, messages)} == before
    for page in ("/", "/accounts/acme", "/outbox", "/accounts", "/tasks", "/approvals"):
        shown = installation.client.get(page)
        assert shown.status_code in (200, 404), (page, shown.text)
        assert [word for word in CANARIES if word in shown.text] == [], page
    answer = installation.client.get("/v1/accounts/acme/why")
    assert answer.status_code == 200, answer.text
    story = answer.json()
    assert story["entries"]
    assert not any(word in json.dumps(story) for word in CANARIES)
    mail = next(each for each in rows(installation, messages) if each.recipient == "acme-ann")
    shown = installation.client.get(f"/v1/messages/{mail.id}").json()
    assert (shown["subject"], shown["text"], shown["address"]) == (None, None, None)


def rows(installation: Installation, of: Any) -> list[Any]:
    with installation.database.read() as session:
        return list(session.execute(select(of)).all())


def test_every_table_is_wiped_or_holds_nobody() -> None:
    """A new table must be one or the other."""
    looked_at = {"accounts", "contacts", "notices", "edits", "verdicts", "idempotency_keys", "proposals", "suppressions", "consents"}
    for each in metadata.sorted_tables:
        is_personal = each.name in looked_at or "account_id" in each.c
        assert is_personal != (each.name in IMPERSONAL) or each.name == "erasures", each.name


# What ends


def test_a_mail_that_waits_to_be_approved_is_skipped_and_the_others_go_on(installation: Installation) -> None:
    gates.published(installation, "by: owner, within: 2 business days, otherwise: send")
    gates.an_account(installation, seats_used=0.5)
    run = gates.begin(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    installation.take_turn(run)
    approval = gates.the_approval(installation)
    assert approval["state"] == "open"
    assert "To (erased): nothing of it is left" in installation.client.get(f"/approvals/{approval['id']}").text
    gates.decide(installation, "approve")
    installation.take_turn(run)
    assert gates.states(installation) == {"ann": "withdrawn", "ben": "accepted"}
    assert traces(installation.database, "Ann Lee", "ann@acme") == []


def test_a_gate_with_no_mail_left_is_decided(installation: Installation) -> None:
    gates.published(installation, "by: owner, within: 2 business days, otherwise: send")
    gates.an_account(installation, "ann", seats_used=0.5)
    run = gates.begin(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    installation.take_turn(run)
    assert gates.states(installation) == {"ann": "withdrawn"}
    assert installation.client.get("/v1/approvals?state=open").json()["items"] == []


def test_a_run_about_them_ends_and_a_run_about_the_account_goes_on(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation)
    journey = (
        "journey: care\ntitle: Care\nfor: contact\nstarts: {manual: true}\nanchor: start\nclass: growth\nsteps:\n  - {wait: 60 days}\n"
    )
    with installation.database.write() as session:
        definitions.publish(session, {**folders.read(ROOT), ("journey", "care"): journey}, installation.clock.now)
    gates.an_account(installation)
    runs = [
        post(installation, "/v1/enrollments", journey="care", account="acme", contact=contact, by="csm")["id"] for contact in ("ann", "ben")
    ]
    settle(installation)
    erase(installation, "/v1/accounts/acme/contacts/ann")
    settle(installation)
    ended = {each.id: each.ended_why for each in rows(installation, enrollments)}
    assert [ended[id] for id in runs] == ["the contact was erased", None]


def test_nobody_is_asked_any_more_to_answer_what_they_wrote(quick_installation: Installation) -> None:
    installation = quick_installation
    id = inbound.welcome(installation)
    inbound.arrives(installation, headers=f"In-Reply-To: <{id}@example.com>")
    (task,) = [each for each in rows(installation, tasks) if "Answer Ann Lee" in each.title]
    assert task.state == "open"
    erase(installation)
    (after,) = [each for each in rows(installation, tasks) if each.id == task.id]
    assert (after.state, after.title, after.body) == ("closed", "(erased)", "(erased)")


# What comes afterwards


def test_it_is_done_once(quick_installation: Installation) -> None:
    onboard(quick_installation)
    done = erase(quick_installation)
    before = stored(quick_installation.database)
    assert erase(quick_installation, status=200) == {**done, "same_address": []}
    assert stored(quick_installation.database) == before


def test_nothing_can_be_told_of_them_any_more(quick_installation: Installation) -> None:
    installation = quick_installation
    onboard(installation)
    erase(installation)
    said = "contact 'acme-ann' was erased on 2026-01-05; who comes back gets an id of their own"
    refused(installation.client.put(ANN, json={"name": "Ann Lee", "email": "ann@acme.example.com"}), 410, "erased", said)
    event = {"id": "late", "name": "noticed", "account": "acme", "contact": "acme-ann"}
    refused(installation.client.post("/v1/events", json=event), 410, "erased", said)
    with_her = {"id": "later", "name": "noticed", "account": "acme", "contacts": [{"id": "acme-ann", "name": "Ann Lee"}]}
    refused(installation.client.post("/v1/events", json=with_her), 410, "erased", said)
    enroll = {"journey": "renewal", "account": "acme", "contact": "acme-ann", "by": "csm"}
    refused(installation.client.post("/v1/enrollments", json=enroll), 410, "erased", said)
    batch = {"events": [event, {**event, "id": "his", "contact": "acme-ben"}]}
    assert [each["status"] for each in post(installation, "/v1/events/batch", **batch)["items"]] == [410, 202]


def test_what_they_said_no_to_holds_when_the_address_signs_up_again(installation: Installation) -> None:
    gates.published(installation)
    gates.an_account(installation, seats_used=0.5)
    post(installation, "/v1/suppressions", address="ann@acme.example.com", scope="everything", reason="asked by phone")
    erase(installation, "/v1/accounts/acme/contacts/ann")
    again = {"name": "Ann Lee", "email": "Ann+new@acme.example.com", "roles": ["champion"]}
    assert installation.client.put("/v1/accounts/acme/contacts/ann-2", json=again).status_code == 200
    gates.begin(installation)
    found = {each.recipient: (each.state, each.reason) for each in rows(installation, messages)}
    assert found == {"ann-2": ("skipped", "the address is suppressed: asked by phone"), "ben": ("accepted", None)}


def test_a_mail_that_is_on_its_way_is_still_settled_and_says_nothing(installation: Installation) -> None:
    """The request is under way when somebody asks to be erased: what comes of it counts, and brings nothing back."""
    gates.published(installation)
    gates.an_account(installation, "ann", seats_used=0.5)

    class Meanwhile(Outbox):
        def send(self, mail: Mail) -> Accepted:
            erase(installation, "/v1/accounts/acme/contacts/ann")
            return super().send(mail)

    installation.channels = Channels(Meanwhile(), Outbox(), Outbox(), LINKS)
    gates.begin(installation)
    (mail,) = rows(installation, messages)
    assert (mail.state, mail.address, mail.subject, mail.text, mail.html) == ("accepted", None, None, None, None)
    assert traces(installation.database, "Ann Lee", "ann@acme") == []


def test_what_a_provider_tells_of_them_later_is_kept_without_their_address(quick_installation: Installation) -> None:
    installation = quick_installation
    id = webhooks.welcome(installation)
    erase(installation)
    told = webhooks.event(installation, "bounce", id, reason="550 <ann@acme.example.com> is unknown")
    assert webhooks.tell(installation, told).status_code == 200
    (kept,) = rows(installation, reports)
    assert (kept.message_id, kept.address, "ann" in json.dumps(kept.detail)) == (id, None, False)
    assert kept.told_at
    assert [each.delivery for each in rows(installation, messages) if each.id == id] == ["bounced"]
    assert traces(installation.database, "ann@acme") == []


def test_their_survey_is_over_and_their_unsubscribe_link_works(installation: Installation, reader: TestClient) -> None:
    live_a_month(installation, reader)
    mail = survey_mail(installation)
    page = page_of(mail)
    erase(installation)
    assert reader.get(page).status_code == 410
    link = LINKS.preferences(mail["id"]).removeprefix(LINKS.base)
    assert reader.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with installation.database.read() as session:
        assert suppressions.said(session, addresses.digest("ann@acme.example.com"))[0]


def test_a_mail_of_theirs_is_given_to_the_owner_as_that_of_somebody_we_do_not_know(quick_installation: Installation) -> None:
    installation = quick_installation
    id = inbound.welcome(installation)
    erase(installation)
    assert inbound.arrives(installation, headers=f"In-Reply-To: <{id}@example.com>").json()["matched"]
    (task,) = [each for each in rows(installation, tasks) if each.title.startswith("Answer")]
    assert task.title == "Answer ann@acme.example.com: Re: Welcome"


# What forbids it


def test_a_legal_hold_forbids_it(quick_installation: Installation) -> None:
    onboard(quick_installation)
    for held in (True, False):
        assert quick_installation.client.put("/v1/accounts/acme", json={"facts": {"legal_hold": held}}).status_code == 200
        before = stored(quick_installation.database)
        if held:
            answer = quick_installation.client.post(f"{ANN}/erasure", json={"by": "csm", "why": "asked"})
            refused(answer, 409, "legal_hold", "account 'acme' is under legal hold: nothing of it may be erased until that is lifted")
            assert stored(quick_installation.database) == before
    erase(quick_installation)


def test_what_the_financial_pack_archives_stays_for_three_years(quick_installation: Installation) -> None:
    installation = quick_installation
    gates.published(installation)
    gates.an_account(installation, seats_used=0.5)
    gates.begin(installation)
    gates.published(installation, packs="financial: {approved_by: [cco]}\n")
    done = erase(installation, "/v1/accounts/acme/contacts/ann")
    assert (done["archived"], done["archived_until"]) == (1, "2029-01-07T09:00:00Z")
    kept = traces(installation.database, "ann@acme.example.com")
    assert kept
    assert all(each.startswith("messages:") for each in kept)
    installation.clock.pass_by(days=365)
    assert erase(installation, "/v1/accounts/acme/contacts/ann", 200)["archived"] == 1
    installation.clock.pass_by(days=3 * 366 - 365 + 1)
    assert erase(installation, "/v1/accounts/acme/contacts/ann", 200)["archived"] == 0
    assert traces(installation.database, "ann@acme.example.com") == []


def test_who_has_the_same_address_is_named_and_stays(quick_installation: Installation) -> None:
    installation = quick_installation
    onboard(installation)
    installation.sign_up("other")
    same = {"name": "Ann Lee", "email": "Ann@acme.example.com"}
    assert installation.client.put("/v1/accounts/other/contacts/other-ann", json=same).status_code == 200
    post(installation, "/v1/suppressions", address="ann@acme.example.com", scope="topic", topic="tips", reason="asked")
    assert erase(installation)["same_address"] == [{"account_id": "other", "contact_id": "other-ann"}]
    assert {each.split(":")[0] for each in traces(installation.database, "ann@acme.example.com")} == {"contacts", "suppressions"}


@pytest.mark.parametrize(("contact", "status", "code"), [("nobody", 404, "contact_not_found"), ("other-ann", 404, "contact_not_found")])
def test_who_is_not_there_cannot_be_erased(refusing: Installation, contact: str, status: int, code: str) -> None:
    answer = refusing.client.post(f"/v1/accounts/acme/contacts/{contact}/erasure", json={"by": "csm", "why": "asked"})
    refused(answer, status, code, f"there is no contact '{contact}'")
