"""Stories that Hypothesis makes up, for playing in both worlds: a journey, an account, and what happens to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from domain import checking
from domain.account import Account
from domain.moving import InFlight
from domain.people import Behaviour
from tests.domain.changes import GONE, alternatives, places, with_change
from tests.domain.generated import a_text, an_odd_account, behaviours
from tests.domain.kit import MONDAY as MONDAY_OF_TEXTS
from tests.domain.kit import a_house
from tests.e2e.reality.deeds import DEEDS, Names

LASTS_DAYS = 40
HAPPENS_WITHIN_DAYS = 24
PUBLISHES = tuple(f"publish, {in_flight}" for in_flight in get_args(InFlight))


@dataclass(frozen=True)
class Story:
    """`text` is the journey and `after` a newer version of it, as JSON; `happens` the names of deeds and when, in minutes.

    `account` is of the texts' own Monday; its people are only read for who the CSM is.
    """

    text: str
    after: str | None
    account: Account
    behaviour: Behaviour
    happens: tuple[tuple[int, str], ...]

    def journey(self, names: Names) -> str:
        return _called(self.text, names)

    def newer(self, names: Names) -> str | None:
        return _called(self.after, names) if self.after else None

    @property
    def starts_in_days(self) -> int:
        return (self.account.contracts[0].starts_on - MONDAY_OF_TEXTS).days

    @property
    def is_old(self) -> bool:
        """Whether the account had an earlier contract."""
        since = self.account.since
        return since is not None and since < MONDAY_OF_TEXTS

    def __str__(self) -> str:
        """As somebody would write it down to look at it."""
        csm = self.account.people["csm"]
        lines = [_shown(self.text), *(["# the newer version", _shown(self.after)] if self.after else [])]
        lines += [
            f"# {self.account.values['account.segment']} in {self.account.zone}, {'old' if self.is_old else 'new'}, "
            f"contract from day {self.starts_in_days}, owner {self.account.owner_id}, "
            f"csm in {csm.zone}{'' if csm.active else ' (has left)'}, people {self.behaviour}"
        ]
        lines += [
            f"# {contact.id}: {', '.join(contact.roles)} in {contact.zone or 'their zone'} {contact.country}"
            for contact in self.account.contacts
        ]
        lines += [f"# day {minutes // 1440} {minutes % 1440 // 60:02}:{minutes % 60:02} later: {what}" for minutes, what in self.happens]
        return "\n".join(lines)


def _shown(text: str) -> str:
    return str(yaml.safe_dump(json.loads(text), sort_keys=False, width=150, default_flow_style=None)).rstrip()


def _called(text: str, names: Names) -> str:
    """Nobody else's account begins it."""
    data = json.loads(text)
    starts = {**data["starts"], "when": f'account.id == "{names.account}"'}
    return json.dumps({**data, "journey": names.journey, "starts": starts})


def stories(count: int, seeded: int) -> list[Story]:
    """The same for the same seed."""
    found: list[Story] = []
    looks = settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )

    @seed(seeded)
    @looks
    @given(a_story())
    def collect(story: Story) -> None:
        found.append(story)

    collect()
    return found


STARTS: tuple[dict[str, Any], ...] = (
    {"manual": True, "reenter": "always"}, {"manual": True, "reenter": "after 3 days"}, {"on": "seen", "reenter": "always"},
    {"on": ["seen", "signed"], "reenter": "never"}, {"at": "day 3", "reenter": "always"}, {"at": "day -2", "reenter": "after 9 days"},
    {"stage": "won", "reenter": "after 1 week"}, {"band": ["high_risk", "critical"], "reenter": "always"},
)  # fmt: skip


@st.composite
def a_story(draw: st.DrawFn) -> Story:
    data = json.loads(draw(a_text()))
    data["starts"] = draw(st.one_of(st.just(STARTS[0]), st.sampled_from(STARTS)))
    data["for"] = draw(st.sampled_from(("account", "account", "contract")))
    is_published_anew = draw(st.booleans())
    if is_published_anew or not _is_sound(data):  # what begins a journey is asked of every account, also in the other stories
        data["starts"], data["for"] = STARTS[0], "account"
    text = json.dumps(data)
    after = draw(_a_newer(text)) if is_published_anew else None
    names = sorted(set(DEEDS) - set(PUBLISHES))
    minutes = st.integers(0, 24 * HAPPENS_WITHIN_DAYS).map(lambda hours: hours * 60)
    happens = draw(st.lists(st.tuples(minutes, st.sampled_from(names)), min_size=3, max_size=12))
    if after:
        happens.append((draw(minutes), draw(st.sampled_from(PUBLISHES))))
    return Story(text, after, draw(an_odd_account()), draw(behaviours), tuple(sorted(happens)))


@st.composite
def _a_newer(draw: st.DrawFn, text: str) -> str | None:
    """The text with one value another or gone; None where that has faults."""
    data = json.loads(text)
    way, field = draw(st.sampled_from(sorted(places(data), key=str)))
    changed = with_change(data, way, draw(st.sampled_from(alternatives(field))))
    is_another = way[0] not in ("journey", "starts", "for") and changed != data
    return json.dumps(changed) if is_another and _is_sound(changed) else None


def _is_sound(data: Any) -> bool:
    return all(fault.warning for fault in checking.check_text(json.dumps(data), "story.yaml", a_house(), ["other"]))


# Smaller ones


def smaller(story: Story) -> Iterator[Story]:
    """The story with one thing less, large things first."""
    for index in range(len(story.happens)):
        happens = (*story.happens[:index], *story.happens[index + 1 :])
        yield replace(story, happens=happens)
    if story.after and not any(what in PUBLISHES for _, what in story.happens):
        yield replace(story, after=None)
    if not story.after:
        data = json.loads(story.text)
        for way, _ in sorted(places(data), key=lambda place: len(place[0])):
            if way[0] in ("steps", "tracks", "whenever", "ends", "goal", "late", "apart") and _is_sound(
                less := with_change(data, way, GONE)
            ):
                yield replace(story, text=json.dumps(less))
    for index in range(len(story.account.contacts)):
        kept = (*story.account.contacts[:index], *story.account.contacts[index + 1 :])
        yield replace(story, account=replace(copy.copy(story.account), contacts=kept))
    if story.behaviour != "silent":
        yield replace(story, behaviour="silent")
