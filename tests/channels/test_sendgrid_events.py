"""What SendGrid's events mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import sendgrid_events
from channels.sendgrid_events import NotABatch
from domain.reports import Report, ReportName

AT = 1767603600  # 2026-01-05 09:00 UTC
EVENT = {"event": "delivered", "timestamp": AT, "email": "ann@acme.example.com", "message_id": "m-1", "sg_event_id": "e1"}


def read(*events: Any) -> sendgrid_events.Batch:
    return sendgrid_events.read(json.dumps(events).encode())


def only(**fields: Any) -> Report:
    (report,) = read({**EVENT, **fields}).reports.values()
    return report


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"event": "processed"}, "processed"),
        ({"event": "deferred", "response": "400 try again later", "attempt": "5"}, "deferred"),
        ({"event": "delivered", "response": "250 OK"}, "delivered"),
        ({"event": "bounce", "type": "bounce", "reason": "550 no such user"}, "bounced"),
        ({"event": "bounce", "reason": "550 no such user"}, "bounced"),
        ({"event": "bounce", "type": "blocked", "reason": "554 blocked"}, "blocked"),
        ({"event": "dropped", "reason": "Bounced Address"}, "dropped"),
        ({"event": "open"}, "opened"),
        ({"event": "click", "url": "https://example.com"}, "clicked"),
        ({"event": "spamreport"}, "complained"),
        ({"event": "unsubscribe"}, "unsubscribed"),
        ({"event": "group_unsubscribe", "asm_group_id": 10}, "unsubscribed"),
    ],
)
def test_an_event_is_told_in_our_words(fields: dict[str, Any], name: str) -> None:
    report = only(**fields)
    assert (report.name, report.at, report.message_id) == (ReportName(name), datetime(2026, 1, 5, 9, 0, tzinfo=UTC), "m-1")


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("Bounced Address", True),
        ("Invalid SMTPAPI header", True),
        ("Unsubscribed Address", False),
        ("Spam Reporting Address", False),
        ("", False),
    ],
)
def test_a_dropped_mail_speaks_against_its_address_where_it_says_so(reason: str, bad: bool) -> None:
    assert only(event="dropped", reason=reason).bad_address == bad


def test_a_mail_is_known_by_our_argument_else_by_its_name_else_by_theirs() -> None:
    late = {"event": "bounce", "timestamp": AT, "email": "ann@acme.example.com"}
    (report,) = read({**late, "smtp-id": "<m-1@tenure.example.com>", "sg_message_id": "14c5d75ce93.recvd-5f-abc"}).reports.values()
    assert (report.message_id, report.provider_id) == ("m-1", "14c5d75ce93")
    (report,) = read(late).reports.values()
    assert (report.message_id, report.provider_id, report.address) == (None, None, "ann@acme.example.com")


def test_the_same_event_told_again_is_the_same_under_another_event_id() -> None:
    assert len(read(*({**EVENT, "sg_event_id": f"e{number}"} for number in range(46))).reports) == 1


@pytest.mark.parametrize(
    "fields",
    [{"message_id": "m-2"}, {"event": "processed"}, {"timestamp": AT + 1}, {"event": "click", "url": "https://example.com"}],
)
def test_another_event_is_another(fields: dict[str, Any]) -> None:
    assert len(read(EVENT, {**EVENT, **fields}).reports) == 2


def test_two_links_clicked_in_one_second_are_two_clicks() -> None:
    click = {**EVENT, "event": "click"}
    assert len(read({**click, "url": "https://example.com/a"}, {**click, "url": "https://example.com/b"}).reports) == 2


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "the event is not an object"),
        ("delivered", "the event is not an object"),
        ([EVENT], "not an object"),
        ({}, "no event 'None' that we know"),
        ({**EVENT, "event": "read_aloud"}, "no event 'read_aloud' that we know"),
        ({**EVENT, "event": ["open"]}, "that we know"),
        ({**EVENT, "timestamp": None}, "the event has no timestamp"),
        ({**EVENT, "timestamp": True}, "the event has no timestamp"),
        ({**EVENT, "timestamp": "noon"}, "'noon' is not a timestamp"),
        ({**EVENT, "timestamp": 1e300}, "is not a timestamp"),
        ({**EVENT, "timestamp": float("nan")}, "is not a timestamp"),
    ],
)
def test_one_bad_event_does_not_spoil_the_others(event: Any, words: str) -> None:
    batch = read({**EVENT, "message_id": "m-0"}, event, EVENT)
    assert {report.message_id for report in batch.reports.values()} == {"m-0", "m-1"}
    (bad,) = batch.unreadable.values()
    assert words in bad.fault
    assert json.loads(bad.raw) == event or "NaN" in bad.raw


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"7", b"[", b"\xff", b"[" * 100_000])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(NotABatch, match="^(the body is not JSON|a JSON list of events was expected)$"):
        sendgrid_events.read(body)


def test_what_a_database_cannot_keep_is_left_out_and_what_nobody_reads_cut_off() -> None:
    report = only(event="click", url="javascript:" + "x" * 10_000, useragent="a\0b\ud800", timestamp=str(AT))
    assert len(report.detail["url"]) == sendgrid_events.MOST_CHARACTERS
    assert report.detail["useragent"] == "ab?"


def test_what_cannot_be_used_is_kept_once_however_its_fields_are_ordered() -> None:
    bad = {"event": "read_aloud", "email": "x" * 10_000}
    batch = read(bad, dict(reversed(bad.items())))
    ((id, kept),) = batch.unreadable.items()
    assert (kept.id, len(kept.raw)) == (id, 4 * sendgrid_events.MOST_CHARACTERS)
    assert len(read(bad, {**bad, "email": "y"}).unreadable) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"message_id": None, "email": "ann@x.example"}, {"message_id": None, "email": "ben@x.example"}),
        ({"message_id": None, "sg_message_id": "a.1"}, {"message_id": None, "sg_message_id": "b.1"}),
        ({"event": "bounce", "type": "bounce"}, {"event": "bounce", "type": "blocked"}),
        ({"event": "deferred", "attempt": "1"}, {"event": "deferred", "attempt": "2"}),
    ],
    ids=["another reader's", "another mail's", "another kind of return", "another attempt"],
)
def test_events_that_differ_in_what_happened_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert len(read({**EVENT, **one}, {**EVENT, **other}).reports) == 2


@pytest.mark.parametrize(("said", "by_machine"), [(True, True), (False, False), (None, False)])
def test_an_open_that_a_machine_made_is_told_as_such(said: bool | None, by_machine: bool) -> None:
    assert only(event="open", sg_machine_open=said).by_machine is by_machine


def test_a_name_of_theirs_ends_at_its_first_point_and_one_of_ours_at_its_at_sign() -> None:
    assert only(sg_message_id="14c5d75ce93.recvd-5f-abc.0").provider_id == "14c5d75ce93"
    assert only(message_id=7, **{"smtp-id": "<m-1@odd@tenure.example.com>"}).message_id == "m-1"
    assert only(message_id="", **{"smtp-id": "<@x>"}).message_id is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*EVENT, "type", "reason", "smtp-id", "sg_message_id"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(st.lists(json_values | json_values.map(lambda value: {**EVENT, **value} if isinstance(value, dict) else value), max_size=6))
def test_whatever_is_in_a_list_every_event_of_it_is_read_or_kept_as_unreadable(events: list[Any]) -> None:
    batch = read(*events)
    assert len(batch.reports) + len(batch.unreadable) <= len(events)
    assert bool(batch.reports or batch.unreadable) == bool(events)
