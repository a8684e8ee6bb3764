"""What is clean JSON and still cannot be taken: each fault is pointed at, with words (bad-input catalogue, rows 7-14, 22-24, 29)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.refusals import refused
from tests.installation import Installation

ACCOUNT = "/v1/accounts/acme"
NEW = "/v1/accounts/new"
PERSON = "/v1/people/csm"
HEALTH = "/v1/accounts/acme/health"
LONG = "x" * 10_000


def bad(field: str, value: Any, code: str, words: str, path: str = ACCOUNT) -> Any:
    return pytest.param(path, {field: value}, f"/{field}", code, words, id=f"{field} {str(value)[:40]}")


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code", "words"),
    [
        # nothing is coerced
        bad("name", 7, "string_type", "'name': a text was expected"),
        bad("name", True, "string_type", "a text was expected"),
        bad("name", ["Acme"], "string_type", "a text was expected"),
        bad("tags", "pilot", "list_type", "a list was expected"),
        bad("facts", [], "object_type", "an object was expected"),
        bad("active", "true", "bool_type", "true or false was expected", PERSON),
        bad("active", 1, "bool_type", "true or false was expected", PERSON),
        bad("notice_days", "90", "int_type", "a whole number was expected", f"{ACCOUNT}/contracts/acme-1"),
        bad("notice_days", 90.5, "int_type", "a whole number was expected", f"{ACCOUNT}/contracts/acme-1"),
        bad("notice_days", True, "int_type", "a whole number was expected", f"{ACCOUNT}/contracts/acme-1"),
        bad("notice_days", -1, "greater_than_equal", "greater than or equal to 0", f"{ACCOUNT}/contracts/acme-1"),
        bad("notice_days", 2**53, "less_than_equal", "less than or equal to 730", f"{ACCOUNT}/contracts/acme-1"),
        bad("value", "24000", "float_type", "a number was expected", f"{ACCOUNT}/contracts/acme-1"),
        bad("value", True, "float_type", "a number was expected", f"{ACCOUNT}/contracts/acme-1"),
        bad("value", -1, "greater_than_equal", "greater than or equal to 0", f"{ACCOUNT}/contracts/acme-1"),
        bad("value", 1e300, "less_than_equal", "less than or equal to", f"{ACCOUNT}/contracts/acme-1"),
        # nothing unknown passes, and what is not for senders to set is unknown
        bad("tme_zone", "Europe/Berlin", "unknown_field", "did you mean 'time_zone'?"),
        bad("id", "other", "unknown_field", "'id' is not known here"),
        bad("health", 85, "unknown_field", "'health' is not known here"),
        bad("__class__", {}, "unknown_field", "'__class__' is not known here"),
        bad("x" * 10_000, 1, "unknown_field", "is not known here"),
        bad("refused", False, "unknown_field", "'refused' is not known here", f"{ACCOUNT}/contacts/acme-ann"),
        bad("scopes", ["events:write"], "unknown_field", "'scopes' is not known here", PERSON),
        # texts
        bad("name", "", "empty", "'name': it is empty"),
        bad("name", " \t\n\x0b ", "empty", "'name': it is empty"),
        bad("name", LONG, "string_too_long", "at most 300 characters"),
        bad("country", "DEU", "country", "two letters, like 'DE'"),
        bad("country", "de", "country", "two letters, like 'DE'"),
        bad("currency", "euro", "string_pattern_mismatch", "'^[A-Z]{3}$'"),
        bad("tags", ["x" * 61], "string_too_long", "at most 60"),
        bad("tags", ["t"] * 51, "too_long", "at most 50"),
        bad("roles", ["Champion"], "string_pattern_mismatch", "pattern", f"{ACCOUNT}/contacts/acme-ann"),
        bad("slack_id", "cara", "string_pattern_mismatch", "pattern", PERSON),
        # mail addresses
        *(
            bad("email", address, "email_invalid", words, PERSON)
            for address, words in {
                "": "@-sign",
                "csm": "@-sign",
                "a@": "after the @-sign",
                "@b.com": "before the @-sign",
                "a@b": "should have a period",
                "a@b..com": "two periods",
                "a b@b.com": "before the @-sign",
                '"x y"@z.com': "Quoting",
                "a@b.com,c@d.com": "@-sign",
                "a@b.com\r\nBcc: c@d.com": "@-sign",
                "a@b.com\n": "after the @-sign",
                "a@[127.0.0.1]": "bracketed",
                "Ann <a@b.com>": "display name",
                f"{'a' * 65}@b.com": "too long",
                "a@localhost": "period",
                "a@\u200b.com": "ZERO WIDTH SPACE",
                "a@💌.com": "after the @-sign",
            }.items()
        ),
        bad("email", f"a@{'b' * 250}.com", "string_too_long", "at most 254 characters", PERSON),
        # days and moments
        *(
            bad("starts_on", day, code, words, f"{ACCOUNT}/contracts/acme-1")
            for day, code, words in [
                ("2026-02-30", "date", "is not a day of the calendar"),
                ("03/04/25", "date", "a date like '2026-03-31'"),
                ("20260331", "date", "a date like '2026-03-31'"),
                ("2026-W14-2", "date", "a date like '2026-03-31'"),
                ("2026-03-31T00:00:00Z", "date", "a date like '2026-03-31'"),
                ("٢٠٢٦-٠٣-٣١", "date", "a date like '2026-03-31'"),
                (45_000, "date", "a date like '2026-03-31'"),
                ("1989-12-31", "range", "1990 to 2100"),
                ("9999-12-31", "range", "1990 to 2100"),
            ]
        ),
        bad("ends_on", "2026-01-05", "range", "a contract ends after it starts", f"{ACCOUNT}/contracts/acme-1"),
        # zones
        bad("time_zone", "", "tz_unknown", "'' is not an IANA time zone"),
        bad("time_zone", "EST5", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", "UTC+2", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", "+02:00", "tz_unknown", "not an IANA time zone like 'Europe/Berlin'"),
        bad("time_zone", "Mars/Phobos", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", "Europe/Belin", "tz_unknown", "did you mean 'Europe/Berlin'?"),
        bad("time_zone", "Europe", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", "../../etc/passwd", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", "/etc/localtime", "tz_unknown", "not an IANA time zone"),
        bad("time_zone", LONG, "string_too_long", "at most 60 characters"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(
    refusing: Installation, path: str, body: dict[str, Any], pointer: str, code: str, words: str
) -> None:
    error = refused(refusing.client.put(path, json=body), 422, code, words)["errors"][0]
    assert error["pointer"].startswith(pointer[:81])


def test_every_fault_of_a_request_is_told_at_once(refusing: Installation) -> None:
    body = {"name": 7, "time_zone": "Mars/Phobos", "owner": "../root", "tags": [1], "facts": {"Ärr": 1}, "nmae": "x"}
    document = refused(refusing.client.put(NEW, json=body), 422, "string_type", "6 things are not right")
    assert [error["pointer"] for error in document["errors"]] == ["/name", "/time_zone", "/owner", "/tags/0", "/facts/Ärr", "/nmae"]


def test_at_most_50_faults_are_listed(refusing: Installation) -> None:
    document = refused(
        refusing.client.put(NEW, json={f"field_{number}": 1 for number in range(2_000)}), 422, "unknown_field", "2000 things"
    )
    assert len(document["errors"]) == 50


def test_a_long_value_is_not_thrown_back(refusing: Installation) -> None:
    answer = refusing.client.put(ACCOUNT, json={"facts": {"arr": "x" * 50_000}})
    refused(answer, 422, "type", "'arr':")
    assert len(answer.content) < 2_000


# Facts


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("arr", "24000", "type", "'arr': '24000' is not a number"),
        ("arr", True, "type", "is not a number"),
        ("arr", 10**15 * 9.1, "type", "is not a money"),
        ("training", 1.01, "type", "is not a share (0 to 1)"),
        ("usage_score", 100.5, "type", "is not a score (0 to 100)"),
        ("use_cases", 1.5, "type", "is not a count"),
        ("use_cases", -1, "type", "is not a count"),
        ("churned", "yes", "type", "neither true nor false"),
        ("churned", 1, "type", "neither true nor false"),
        ("segment", "enterprize", "type", "did you mean 'enterprise'?"),
        ("industry", LONG, "type", "at most 4000 characters"),
        ("industry", ["retail"], "type", "a text of at most"),
        ("first_value_on", "soon", "type", "is not a date like '2026-03-31'"),
        ("first_value_on", 20260331, "type", "is not a date"),
        ("first_value_on", "2026-W01-1", "type", "is not a date"),
        ("first_value_on", "9999-12-31", "type", "1990 to 2100"),
        ("last_admin_login_on", "0001-01-01", "type", "1990 to 2100"),
        ("arrr", 5, "unknown_fact", "did you mean 'account.arr'?"),
        ("admin_quiet", True, "type", "follows from other facts"),
        ("in_save", True, "type", "follows from other facts"),
        ("name", "Acme", "read_only", "it is a field of the account"),
        ("tags", ["pilot"], "read_only", "it is a field of the account"),
        ("a.b", 1, "string_pattern_mismatch", "pattern"),
        ("__class__", 1, "string_pattern_mismatch", "pattern"),
        ("x" * 61, 1, "string_too_long", "at most 60"),
    ],
)
def test_a_fact_is_taken_as_it_is_declared_or_not_at_all(refusing: Installation, name: str, value: Any, code: str, words: str) -> None:
    answer = refusing.client.put(ACCOUNT, json={"facts": {name: value, "goal_met_on": "2026-01-02"}})
    assert refused(answer, 422, code, words)["errors"][0]["pointer"] == f"/facts/{name}"


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("contracts/acme-1", "ends_on", "it is a field of the contract"),
        ("contracts/acme-1", "notice_days", "it is a field of the contract"),
        ("contracts/acme-1", "decision_on", "it follows from the end"),
        ("contacts/acme-ann", "email", "it is a field of the contact"),
    ],
)
def test_a_fact_cannot_stand_in_for_a_field(refusing: Installation, path: str, name: str, words: str) -> None:
    refused(refusing.client.put(f"{ACCOUNT}/{path}", json={"facts": {name: None}}), 422, "read_only", words)


def test_an_account_holds_a_hundred_facts_at_a_time(refusing: Installation) -> None:
    refused(refusing.client.put(ACCOUNT, json={"facts": {f"fact_{number}": 1 for number in range(101)}}), 422, "too_long", "at most 100")


# Health


@pytest.mark.parametrize(
    ("scores", "pointer", "code", "words"),
    [
        ({"usage": "85"}, "/scores/usage", "type", "'usage': '85' is not a number"),
        ({"usage": True}, "/scores/usage", "type", "is not a number"),
        ({"usage": -1}, "/scores/usage", "type", "0 to 100"),
        ({"usage": 101}, "/scores/usage", "type", "0 to 100"),
        ({"usage": [85]}, "/scores/usage", "type", "is not a number"),
        ({"usge": 85}, "/scores/usge", "unknown_component", "did you mean 'usage'?"),
        ({"score": 85}, "/scores/score", "unknown_component", "no component 'score'"),
        ({}, "/scores", "too_short", "at least 1"),
        (None, "/scores", "object_type", "an object was expected"),
        ({f"score_{number}": 1 for number in range(21)}, "/scores", "too_long", "at most 20"),
    ],
)
def test_a_score_that_is_none_is_refused(refusing: Installation, scores: Any, pointer: str, code: str, words: str) -> None:
    assert refused(refusing.client.post(HEALTH, json={"scores": scores}), 422, code, words)["errors"][0]["pointer"] == pointer


# Ids, filters and cursors


@pytest.mark.parametrize("id", ["%00", "%0A", "..%00", "%20", "-a", "%F0%9F%92%A9", "%ED%A0%80", "a%25", "x" * 129, "x" * 10_000])
@pytest.mark.parametrize(
    "path", ["/v1/accounts/{}", "/v1/people/{}", "/v1/tasks/{}", "/v1/enrollments/{}", "/v1/messages/{}", "/v1/accounts/{}/holds"]
)
def test_an_id_that_is_none_is_refused(refusing: Installation, path: str, id: str) -> None:
    refused(refusing.client.get(path.format(id)), 422, "id", "1 to 128 letters, digits")


@pytest.mark.parametrize("id", ["..%2F..%2Fetc", "%2e%2e%2f", "a/b", "%2F"])
def test_an_id_does_not_reach_another_address(refusing: Installation, id: str) -> None:
    refused(refusing.client.get(f"/v1/tasks/{id}/"), 404, "http_404", "nothing is at this address")


@pytest.mark.parametrize("noun", ["account", "person", "task", "approval", "escalation", "enrollment", "message"])
def test_what_is_not_there_is_named(refusing: Installation, noun: str) -> None:
    path = {"person": "people"}.get(noun, f"{noun}s")
    refused(refusing.client.get(f"/v1/{path}/7"), 404, f"{noun}_not_found", f"there is no {noun} '7'")


@pytest.mark.parametrize("what", ["health", "holds"])
def test_what_belongs_to_no_account_is_not_an_empty_list(refusing: Installation, what: str) -> None:
    refused(refusing.client.get(f"/v1/accounts/nobody/{what}"), 404, "account_not_found")


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("limit=-1", "greater_than_equal", "'limit': input should be greater than or equal to 1"),
        ("limit=0", "greater_than_equal", "greater than or equal to 1"),
        ("limit=1000000000", "less_than_equal", "less than or equal to 200"),
        ("limit=ten", "int_parsing", "valid integer"),
        ("limit=1e2", "int_parsing", "valid integer"),
        ("asignee=csm", "unknown_field", "did you mean 'assignee'?"),
        ("sort=password", "unknown_field", "'sort' is not known here"),
        ("account=%00", "id", "an id has"),
        ("account=' OR 1=1 --", "id", "an id has"),
        ("account=", "id", "an id has"),
        ("state=opn", "literal_error", "'open', 'done' or 'closed'"),
        ("cursor=" + "x" * 301, "string_too_long", "at most 300"),
    ],
)
def test_a_filter_that_is_not_understood_is_not_ignored(refusing: Installation, query: str, code: str, words: str) -> None:
    refused(refusing.client.get(f"/v1/tasks?{query}"), 422, code, words)


@pytest.mark.parametrize("cursor", ["x", "x" * 300, "%00", "AA==", "4pyT", "J29yIDE9MQ=="])
@pytest.mark.parametrize("path", ["accounts", "people", "tasks", "approvals", "escalations", "enrollments", "messages"])
def test_a_cursor_that_we_did_not_make_is_refused(refusing: Installation, path: str, cursor: str) -> None:
    refused(refusing.client.get(f"/v1/{path}?cursor={cursor}"), 400, "bad_cursor", "begin without one")
