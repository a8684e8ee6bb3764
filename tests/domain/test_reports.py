"""What is known of a message that left, whatever order its provider tells it in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports import Report, ReportName, Standing, heard, refuses, tells

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def a_report(name: str, minute: int = 0, **more: bool) -> Report:
    return Report(f"{name}-{minute}", ReportName(name), START + timedelta(minutes=minute), **more)  # type: ignore[arg-type]


ALL = st.builds(
    a_report, st.sampled_from([str(name) for name in ReportName]), st.integers(0, 60), by_machine=st.booleans(), bad_address=st.booleans()
)


@pytest.mark.parametrize(
    ("told", "delivery"),
    [
        (["processed", "delivered"], "delivered"),
        (["delivered", "processed"], "delivered"),
        (["bounced", "processed"], "bounced"),
        (["bounced", "delivered", "deferred"], "bounced"),
        (["delivered", "bounced"], "bounced"),  # hours after it was taken, another server gave it back
        (["deferred", "blocked", "processed"], "blocked"),
        (["dropped", "processed"], "dropped"),
        (["processed", "opened"], "delivered"),
        (["clicked"], "delivered"),
        (["bounced", "clicked"], "bounced"),
    ],
)
def test_a_later_word_counts_only_when_it_says_more(told: list[str], delivery: str) -> None:
    assert heard(Standing(), [a_report(name, minute) for minute, name in enumerate(told)]).delivery == delivery


@given(st.lists(ALL, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(told: list[Report], random: object) -> None:
    shuffled = [*told, *told[::2], *told]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert heard(Standing(), shuffled) == heard(Standing(), told)


@given(st.lists(ALL, min_size=1, max_size=12))
def test_a_message_was_heard_of_first_when_the_first_report_says(told: list[Report]) -> None:
    assert heard(Standing(), told).heard_at == min(report.at for report in told)


def test_what_a_program_did_nobody_read() -> None:
    known = heard(Standing(), [a_report("opened", 1, by_machine=True), a_report("opened", 5)])
    assert known.opened_at == START + timedelta(minutes=5)
    assert heard(Standing(), [a_report("clicked", by_machine=True)]).clicked_at is None
    assert not tells(a_report("clicked", by_machine=True), Standing())


def test_a_click_is_told_once_and_what_makes_unreachable_always() -> None:
    assert tells(a_report("clicked"), Standing())
    assert not tells(a_report("clicked", 9), Standing(clicked_at=START))
    for name in ("unsubscribed", "complained", "bounced", "dropped"):
        assert tells(a_report(name), Standing(clicked_at=START, delivery="bounced"))
    for name in ("processed", "deferred", "delivered", "blocked", "opened"):
        assert not tells(a_report(name), Standing())


def test_an_address_is_refused_for_what_is_for_good() -> None:
    assert {name for name in ReportName if refuses(a_report(name))} == {"bounced", "complained", "unsubscribed"}
    assert refuses(a_report("dropped", bad_address=True))
