"""Surveys, from the mail to the account: a number in the mail, the page behind it, and what the account is told."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient

from activities.ledger import Nudge
from database.engine import Database
from database.tables import AnswerRow, ContactRow, EventRow, MessageRow, table
from tests.api.staging import onboard, play
from tests.installation import LINKS, Installation

answers, events, contacts, messages = table(AnswerRow), table(EventRow), table(ContactRow), table(MessageRow)


@pytest.fixture
def installation(database: Database) -> Installation:
    return Installation(database)


@pytest.fixture
def nudge(installation: Installation) -> Nudge:
    """The onboarding of an account whose champion was asked how the first month was, two days ago."""
    return onboard(installation, days=30)


@pytest.fixture
def reader(installation: Installation) -> TestClient:
    """Somebody with nothing but a mail."""
    return TestClient(installation.app, raise_server_exceptions=False)


def survey_mail(installation: Installation, template: str = "onboarding-survey") -> dict[str, Any]:
    listed = installation.client.get("/v1/outbox").json()
    found: dict[str, Any] = next(each for each in listed if each["template"] == template)
    return found


def links(mail: dict[str, Any]) -> dict[int, str]:
    """Where the numbers of a mail lead, by number."""
    found = re.findall(r'<a href="https://mail\.example\.com(/a/[\w-]+/\d+)"[^>]*>(\d+)</a>', mail["html"])
    return {int(number): path for path, number in found}


def page_of(mail: dict[str, Any]) -> str:
    return links(mail)[1].rpartition("/")[0]


def chosen(page: httpx2.Response) -> str | None:
    found = re.search(r'value="(\d+)" required checked', page.text)
    return found[1] if found else None


def facts(installation: Installation) -> dict[str, Any]:
    found: dict[str, Any] = installation.client.get("/v1/accounts/acme").json()["facts"]
    return found


def kept(installation: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = installation.client.get("/v1/accounts/acme/answers").json()["items"]
    return found


def told(installation: Installation) -> list[Any]:
    """What the account was told of answers, oldest first."""
    with installation.database.read() as session:
        named = select(events.c.payload).where(events.c.name == "survey_answered").order_by(events.c.told_at, events.c.id)
        return list(session.execute(named).scalars())


# The mail


def test_a_survey_mail_shows_a_link_for_each_number_on_its_page_and_in_its_text(installation: Installation, nudge: Nudge) -> None:
    mail = survey_mail(installation)
    assert sorted(links(mail)) == [1, 2, 3, 4, 5]
    assert re.findall(r"^(\d)(?: \([\w ]+\))?: https://mail\.example\.com/a/[\w-]+/\1$", mail["text"], re.MULTILINE) == list("12345")
    assert "1 = very dissatisfied · 5 = very satisfied" in unescape(mail["html"])


# Looking


def test_looking_answers_nothing_however_often_and_by_whom(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    before = len(installation.nudges)
    for path in [*links(survey_mail(installation)).values()] * 2:
        assert reader.get(path).status_code == 200
        assert reader.head(path).status_code == 405
    assert (kept(installation), told(installation), len(installation.nudges)) == ([], [], before)


def test_the_number_of_the_link_is_chosen_beforehand(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    page = reader.get(links(mail)[4])
    assert chosen(page) == "4"
    assert "a•••@acme.example.com" in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert chosen(reader.get(page_of(mail))) is None
    assert chosen(reader.get(f"{page_of(mail)}/9")) is None


# Answering


def test_an_answer_is_kept_told_and_taken_by_the_run(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    before = len(installation.nudges)
    answer = reader.post(page_of(mail), data={"score": "2", "comment": "Müde – the setup took\r\ndays"})
    assert answer.url.query == b"saved=1"
    assert "Thank you. Your answer is saved: 2." in answer.text
    (row,) = kept(installation)
    assert (row["id"], row["survey"], row["score"], row["contact_id"]) == (mail["id"], "csat", 2, "acme-ann")
    assert row["comment"] == "Müde – the setup took\ndays"
    assert told(installation) == [{"survey": "csat", "score": 2, "comment": "Müde – the setup took\ndays"}]
    assert facts(installation)["csat"] == 2
    assert [each.order.run_id for each in installation.nudges[before:]] == [nudge.order.run_id]
    play(installation, nudge, minutes=5)
    titles = [each["title"] for each in installation.client.get("/v1/tasks", params={"account": "acme"}).json()["items"]]
    assert "Call after a low score: Acme Ltd" in titles


def test_an_answer_counts_for_health_on_its_scale(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    scores = {"usage": 80, "engagement": 80, "performance": 80}
    reader.post(page_of(survey_mail(installation)), data={"score": "3"})
    reading = installation.client.post("/v1/accounts/acme/health", json={"scores": scores}).json()
    assert reading["components"]["satisfaction"] == 50


def test_the_same_answer_again_changes_nothing(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    path = page_of(survey_mail(installation))
    for _ in range(3):
        assert reader.post(path, data={"score": "4", "comment": "Good"}).status_code == 200
    (row,) = kept(installation)
    assert (row["times"], len(told(installation))) == (1, 1)


def test_the_last_answer_within_a_day_counts(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    path = page_of(survey_mail(installation))
    reader.post(path, data={"score": "2"})
    installation.clock.pass_by(hours=24)
    reader.post(path, data={"score": "5", "comment": "Much better"})
    installation.clock.pass_by(seconds=1)
    late = reader.post(path, data={"score": "1"})
    assert late.status_code == 200
    assert "cannot be changed any more" in late.text
    (row,) = kept(installation)
    assert (row["score"], row["comment"], row["times"]) == (5, "Much better", 2)
    assert [each["score"] for each in told(installation)] == [2, 5]
    assert facts(installation)["csat"] == 5


def test_a_comment_may_come_later_and_is_not_told_as_another_answer(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    path = page_of(survey_mail(installation))
    reader.post(path, data={"score": "4"})
    reader.post(path, data={"score": "4", "comment": "One more thing"})
    (row,) = kept(installation)
    assert (row["comment"], len(told(installation))) == ("One more thing", 1)


def test_what_is_not_on_the_scale_is_asked_again(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    path = page_of(survey_mail(installation))
    for form in ({}, *({"score": told} for told in ("", "0", "6", "-1", "4.5", "٤", "9" * 5000))):
        answer = reader.post(path, data=form)
        assert answer.status_code == 422
        assert "Please choose a number." in answer.text
    assert kept(installation) == []


def test_a_comment_is_shown_as_words_only(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    said = "<b>5</b>\u202e\x00" + "x" * 3000
    reader.post(page_of(survey_mail(installation)), data={"score": "4", "comment": said})
    assert kept(installation)[0]["comment"] == "<b>5</b>" + "x" * 1992
    for page in (reader.get(page_of(survey_mail(installation))), installation.client.get("/accounts/acme")):
        assert "&lt;b&gt;5&lt;/b&gt;xx" in page.text


# Links that lead nowhere any more


@pytest.mark.parametrize("path", ["/a/x", "/a/x/3", "/a/" + "A" * 43])
def test_a_link_that_is_not_ours_is_told_so(installation: Installation, reader: TestClient, path: str) -> None:
    assert reader.get(path).status_code == 404
    assert reader.post(path.removesuffix("/3"), data={"score": "3"}).status_code == 404


def test_a_link_to_the_preferences_answers_nothing(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    assert reader.get(f"/a/{LINKS.token(mail['id'])}").status_code == 404
    assert reader.get(page_of(mail).replace("/a/", "/u/")).status_code == 404


def test_a_mail_that_asks_nothing_takes_no_answer(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    path = LINKS.answers(survey_mail(installation, "welcome")["id"]).removeprefix(LINKS.base)
    assert reader.get(path).status_code == 404
    assert reader.post(path, data={"score": "3"}).status_code == 404
    assert kept(installation) == []


def test_a_survey_is_over_a_month_after_its_mail(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    with installation.database.read() as session:
        asked_at = session.execute(select(messages.c.claimed_at).where(messages.c.id == mail["id"])).scalar_one()
    installation.clock.now = asked_at + timedelta(days=30)
    assert reader.get(page_of(mail)).status_code == 200
    installation.clock.pass_by(seconds=1)
    for page in (reader.get(links(mail)[4]), reader.post(page_of(mail), data={"score": "4"})):
        assert page.status_code == 410
        assert "This survey is over" in page.text
    assert kept(installation) == []


def test_a_reader_who_was_erased_is_told_that_it_is_over(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    with installation.database.write() as session:
        session.execute(update(messages).where(messages.c.id == mail["id"]).values(address=None, subject=None, html=None, text=None))
        session.execute(delete(contacts).where(contacts.c.id == "acme-ann"))
    for page in (reader.get(links(mail)[4]), reader.post(page_of(mail), data={"score": "4"})):
        assert page.status_code == 410
        assert "This survey is over" in page.text
    assert kept(installation) == []


# Who reads it


def test_the_page_speaks_the_readers_language(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    contact = {"name": "Ann Lee", "email": "ann@acme.example.com", "facts": {"language": "de-AT"}}
    assert installation.client.put("/v1/accounts/acme/contacts/acme-ann", json=contact).status_code == 200
    page = reader.get(links(survey_mail(installation))[4])
    assert '<html lang="de">' in page.text
    assert "Wie zufrieden sind Sie mit uns?" in page.text


def test_answers_are_listed_by_survey_and_contact(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    reader.post(page_of(survey_mail(installation)), data={"score": "4"})

    def listed(**asked: str) -> int:
        answer = installation.client.get("/v1/accounts/acme/answers", params=asked)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    assert [listed(survey="csat"), listed(survey="nps"), listed(contact="acme-ann"), listed(contact="acme-ben")] == [1, 0, 1, 0]
    assert installation.client.get("/v1/accounts/nobody/answers").status_code == 404


def test_why_and_the_account_page_show_the_answer(installation: Installation, nudge: Nudge, reader: TestClient) -> None:
    mail = survey_mail(installation)
    reader.post(page_of(mail), data={"score": "2", "comment": "Too slow"})
    (entry,) = installation.client.get("/v1/accounts/acme/why", params={"message": mail["id"]}).json()["entries"]
    assert any(re.fullmatch(r"Answered 2 to csat on \w+ \d+ \w+ 2026, \d\d:\d\d: “Too slow”\.", each) for each in entry["story"])
    page = installation.client.get("/accounts/acme").text
    assert "Answers to surveys" in page
    assert "Too slow" in page
