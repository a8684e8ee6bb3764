"""Whatever is written is read or refused."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain import checking
from tests.domain.checking.kit import faults, set_faults
from tests.domain.kit import HEAD, POLICIES, a_house


def _plain(text: str) -> Any:
    return yaml.load(text, yaml.BaseLoader)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*place, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*place, number))


def _with(value: Any, place: tuple[Any, ...], instead: Any) -> Any:
    if not place:
        return instead
    changed = copy.copy(value)
    changed[place[0]] = _with(value[place[0]], place[1:], instead)
    return changed


STRANGE: list[Any] = [
    None, "", [], {}, "x", "5", "-1", "nan", "day 5", "account.arr", "2026-01-01", ["x"], [["x"]], {"x": "y"}, {"else": []}, {"when": "x"},
    {"by segment": {"smb": "x"}}, {"by segment": "x"},
]  # fmt: skip
RICH = """
    starts: {at: {by segment: {smb: day -3, else: day -9}}, reenter: after 9 days, when: account.ready}
    goal: account.ready
    ends: [{on: gone, where: event.reason == "x", then: [{post: cheers}], tasks: keep}, {when: account.left_on}]
    late: {skip_after: 3 days}
    apart: 2 business days
    steps:
      - {send: hello, at: [start, day 3], to: [champion, user], approval: {by: csm, within: 2 days, otherwise: send, when: account.ready}}
      - {task: call, owner: csm, due: 3 days, outcomes: [a, b], wait: 2 days, otherwise: [{escalate: x, to: vp, sla: P1, why: y}]}
      - {wait: until day 9}
      - {id: w, wait_for: answered, where: event.score > 3, within: 3 days, since: now, otherwise: [{set: {account.stage: won, tag: y}}]}
      - {branch: b, cases: [{when: account.ready, steps: [{approval: z, by: vp}]}, {else: [{start: other}]}]}
      - {check: c, verdicts: [{verdict: good, when: account.ready, steps: [{stop: other}]}, {else: []}]}
      - {split: d, arms: [{arm: one, percent: 40, steps: []}, {arm: two, percent: 60, steps: [{webhook: crm}]}]}
      - {repeat: e, every: 3 days, until: account.ready, steps: [{hold: {classes: [growth]}, for: 2 days}]}
    tracks: {beside: [{id: f, wait: until 09:00, to: champion}]}
    whenever: [{on: seen, again: after 3 days, steps: [{post: heads-up, to: csm}]}, {band: critical, steps: [{task: plan, owner: csm}]}]
"""


HEAD_OF_RICH = {name: _plain(value) for name, value in HEAD.items() if name != "starts"}


def test_the_rich_journey_is_sound() -> None:
    assert faults(RICH) == []


@given(st.data())
def test_a_journey_with_something_strange_in_it_is_read_or_refused(data: st.DataObject) -> None:
    text = _plain(textwrap.dedent(RICH)) | HEAD_OF_RICH
    place = data.draw(st.sampled_from(list(_places(text))))
    strange = _with(text, place, data.draw(st.sampled_from(STRANGE)))
    for fault in checking.check_text(yaml.safe_dump(strange, sort_keys=False), "story.yaml", a_house(), ["other"]):
        assert fault.mark.file == "story.yaml"


@given(st.data())
def test_a_policy_with_something_strange_in_it_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(POLICIES)))
    text = _plain(POLICIES[name])
    place = data.draw(st.sampled_from(list(_places(text))))
    strange = _with(text, place, data.draw(st.sampled_from(STRANGE)))
    set_faults(**{name: yaml.safe_dump(strange, sort_keys=False)})
