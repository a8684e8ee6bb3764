"""The console: what people see of an installation, through its real door."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from runtime import server
from runtime.settings import Settings
from tests.installation import START, Installation

HOSTILE = "<script>alert(1)</script>"


def see(installation: Installation, path: str, status: int = 200) -> str:
    """A page as a browser without a key gets it."""
    answer = installation.client.get(path, headers={"Authorization": ""})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def sign_up(installation: Installation, id: str = "acme", **more: Any) -> None:
    """Signs an account up and takes the first turn of its onboarding."""
    told = len(installation.nudges)
    installation.sign_up(id, **more)
    for nudge in installation.nudges[told:]:
        installation.take_turn(nudge)


def the_mail(installation: Installation) -> str:
    return str(installation.client.get("/v1/outbox").json()[0]["id"])


def test_an_empty_installation_says_how_to_begin_and_what_it_says_works(installation: Installation) -> None:
    page = see(installation, "/")
    assert "Nobody has signed up yet" in page
    assert "Nothing has left yet" in see(installation, "/outbox")
    shown = re.search(r"-d '(\{.*\})'", html.unescape(page), re.DOTALL)
    assert shown
    told = installation.client.post("/v1/events", json=json.loads(shown[1]))
    assert told.status_code in (200, 202), told.text
    assert '<a href="/accounts/acme">Acme Ltd</a>' in see(installation, "/")


def test_an_account_is_shown_with_its_first_mail_and_what_comes_next(installation: Installation) -> None:
    sign_up(installation)
    overview = see(installation, "/")
    for words in ("Acme Ltd", "Enterprise", "Cara Stein", "Healthy: 0", "Not enough known: 1", "task-welcome-call", "€90,000"):
        assert words in overview
    page = see(installation, "/accounts/acme")
    for words in ("Welcome to Meridian Campaigns, Ann", "Welcome call with Acme Ltd", "setup-guide → Ann Lee", "5 Jan 2027", "Signed up"):
        assert words in page
    assert "Europe/Berlin" in page
    assert "10:00</time>" in page, "times are the account's, an hour ahead of UTC"


def test_a_message_is_shown_shut_off_and_with_its_reasons(installation: Installation) -> None:
    sign_up(installation)
    id = the_mail(installation)
    assert f'href="/messages/{id}"' in see(installation, "/outbox")
    page = see(installation, f"/messages/{id}")
    frame = re.search(r"<iframe ([^>]*)>", page)
    assert frame
    assert 'sandbox=""' in frame[1]
    assert "&lt;html" in frame[1]
    assert "- {send: welcome, at: start, to: champion}" in page
    assert "signed_up" in page, "why the run began"


def test_a_journey_is_shown_as_published_and_with_its_runs(installation: Installation) -> None:
    sign_up(installation)
    page = see(installation, "/journeys/onboarding")
    assert "anchor: contract.starts_on" in page
    assert '<a href="/accounts/acme">Acme Ltd</a>' in page
    assert "task-welcome-call" in page


def test_what_waits_for_somebody_is_shown_until_it_is_done(installation: Installation) -> None:
    begins = START.date() - timedelta(days=60)
    contract = {"starts_on": f"{begins}", "ends_on": f"{begins + timedelta(days=365)}"}
    installation.client.put("/v1/accounts/acme", json={"name": "Acme Ltd", "time_zone": "Europe/Berlin", "owner": "csm"})
    installation.client.put("/v1/accounts/acme/contracts/acme-1", json=contract)
    scores = {"usage": 40, "engagement": 45, "performance": 50, "satisfaction": 20}
    installation.client.post("/v1/accounts/acme/health", json={"scores": scores})
    page = see(installation, "/")
    for words in ("P1", "Vera Lindqvist", "Health is Critical", "Not acknowledged", "Critical: 1", "<b>39</b>"):
        assert words in page
    escalation = installation.client.get("/v1/escalations").json()["items"][0]["id"]
    installation.client.post(f"/v1/escalations/{escalation}/acknowledge", json={"by": "vp"})
    assert "Acknowledged <small>by Vera Lindqvist" in see(installation, "/")
    installation.client.post(f"/v1/escalations/{escalation}/resolve", json={"by": "vp", "outcome": "agreed on a plan"})
    assert "Nothing is escalated." in see(installation, "/")
    assert "Resolved by Vera Lindqvist: agreed on a plan" in see(installation, "/accounts/acme")


def test_an_overdue_task_says_so(quick_installation: Installation) -> None:
    sign_up(quick_installation)
    quick_installation.clock.pass_by(days=1)
    quick_installation.take_turn(quick_installation.nudges[0])
    assert "Welcome call with Acme Ltd" in see(quick_installation, "/")
    assert "overdue by" not in see(quick_installation, "/")
    quick_installation.clock.pass_by(days=4)
    assert "overdue by 2 days" in see(quick_installation, "/accounts/acme")


def test_a_hostile_name_is_shown_as_text(quick_installation: Installation) -> None:
    account = {"id": "acme", "name": HOSTILE, "time_zone": "Europe/Berlin", "owner": "csm"}
    contact = {"id": "ann", "name": HOSTILE, "email": "ann@acme.example.com", "roles": ["champion", "admin"]}
    sign_up(quick_installation, account=account, contacts=[contact])
    for path in ("/", "/accounts/acme", "/outbox", f"/messages/{the_mail(quick_installation)}", "/journeys/onboarding"):
        page = see(quick_installation, path)
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page or "&amp;lt;script" in page


@pytest.mark.parametrize("path", ["/accounts/nobody", "/messages/nothing", "/journeys/none", f"/accounts/{HOSTILE.replace('/', '')}"])
def test_what_is_not_there_is_a_plain_page(quick_installation: Installation, path: str) -> None:
    page = see(quick_installation, path, 404)
    assert "There is no such thing" in page
    assert "<script" not in page


def test_every_answer_forbids_what_it_does_not_need(quick_installation: Installation) -> None:
    sign_up(quick_installation)
    mail = f"/messages/{the_mail(quick_installation)}"
    stylesheet = html.unescape(re.findall(r'<link rel="stylesheet" href="([^"]+)"', see(quick_installation, "/"))[0])
    for path in ("/", "/accounts/acme", "/accounts/nobody", "/outbox", mail, "/journeys/onboarding", stylesheet):
        headers = quick_installation.client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert policy.endswith("img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
        assert ("unsafe-inline" in policy) is (path == mail)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert quick_installation.client.get(stylesheet).headers["content-type"].startswith("text/css")


def test_every_account_is_on_one_of_the_pages_those_in_the_worst_health_first(installation: Installation) -> None:
    for number in range(110):
        body = {"name": f"Account {number % 7}", "time_zone": "Europe/Berlin"}
        assert installation.client.put(f"/v1/accounts/a{number}", json=body).status_code == 201
    for number, score in ((3, 30.0), (4, 95.0), (5, 60.0)):
        told = {"scores": dict.fromkeys(("usage", "engagement", "performance", "satisfaction"), score)}
        assert installation.client.post(f"/v1/accounts/a{number}/health", json=told).status_code == 201
    seen: list[str] = []
    page = see(installation, "/")
    while following := re.search(r'<a href="(/accounts\?after=[^"]+)" rel="next">', page):
        seen += re.findall(r'<th scope="row"><a href="/accounts/(a\d+)">', page)
        page = see(installation, following[1])
    seen += re.findall(r'<th scope="row"><a href="/accounts/(a\d+)">', page)
    assert len(seen) == 110
    assert set(seen) == {f"a{number}" for number in range(110)}
    assert seen[:3] == ["a3", "a5", "a4"]


def test_after_an_account_that_is_gone_the_list_begins_anew(quick_installation: Installation) -> None:
    sign_up(quick_installation)
    assert '<a href="/accounts/acme">' in see(quick_installation, "/accounts?after=nobody")
    assert "There are no more." in see(quick_installation, "/accounts?after=acme")


@pytest.mark.parametrize(
    ("console", "listens_at", "name", "status"),
    [
        ("auto", "127.0.0.1", "localhost:8321", 200),
        ("auto", "::1", "[::1]:8321", 200),
        ("auto", "localhost", "elsewhere.example.com", 421),
        ("auto", "0.0.0.0", "localhost:8321", 404),
        ("auto", "10.0.0.7", "10.0.0.7", 404),
        ("on", "0.0.0.0", "tenure.example.com", 200),
        ("off", "127.0.0.1", "localhost:8321", 404),
    ],
)
def test_without_a_login_it_is_served_on_its_own_machine_alone_unless_told(
    quick_installation: Installation, console: str, listens_at: str, name: str, status: int
) -> None:
    installed, names = quick_installation, Settings(console=console).console_names(listens_at)
    app = server.build(installed.database, installed.office, installed.nudge, installed.clock, None, names)  # type: ignore[arg-type]
    assert TestClient(app).get("/", headers={"Host": name}).status_code == status
