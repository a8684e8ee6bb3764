"""journeys/policies/surveys.yaml: the questions that mails ask, and until when an answer counts.

A mail asks one by `survey: nps` above its text, and shows where to answer by {{ survey.scale }}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from markupsafe import escape
from pydantic import Field, field_validator, model_validator

from domain import durations, locales
from domain.durations import SpokenDuration
from domain.grammar import Spoken, Whole, Word

MOST_CHOICES = 11
MOST_COMMENT = 2000  # characters
COMMENT = "comment"  # the payload field that takes it, where the event has one
SCALE = "survey.scale"


class Asking(Spoken):
    """The words of a question in one language."""

    question: Word
    least: Word = Field(description="what the lowest number means")
    most: Word = Field(description="what the highest number means")


class Survey(Asking):
    """One question, answered with a whole number."""

    from_: Whole = Field(alias="from")
    to: Whole
    languages: Mapping[Word, Asking] = Field(default_factory=dict, description="the words in other languages, like de")

    @model_validator(mode="after")
    def _short(self) -> Self:
        if not 1 <= self.to - self.from_ < MOST_CHOICES:
            raise ValueError(f"a scale has 2 to {MOST_CHOICES} numbers, and goes from the lower to the higher")
        if unknown := next((name for name in self.languages if not locales.is_known(name)), None):
            raise ValueError(f"languages: '{unknown}' is not a language; write it like de or de-AT")
        return self

    @property
    def choices(self) -> range:
        return range(self.from_, self.to + 1)

    def words(self, wanted: Sequence[object], house: str) -> tuple[Asking, str]:
        """The question in the best of these languages, and that language."""
        choice = locales.choose(frozenset(self.languages), wanted, house)
        return (self.languages[choice.words] if choice.words else self), choice.words or house


class Surveys(Spoken):
    """journeys/policies/surveys.yaml. An answer is told as `event`: the survey's name as `survey`, the number as `score`, and what the
    reader added as `comment`."""

    event: Word = "survey_answered"
    open_for: SpokenDuration = Field(default=durations.parse("30 days"), description="so long after the mail an answer is taken")
    changes_within: SpokenDuration = Field(
        default=durations.parse("24 hours"), description="so long after the first answer another takes its place: the last one counts"
    )  # fmt: skip
    surveys: Mapping[Word, Survey] = Field(default_factory=dict)

    @field_validator("surveys")
    @classmethod
    def _named_plainly(cls, surveys: Mapping[str, Survey]) -> Mapping[str, Survey]:
        if unfit := next((name for name in surveys if not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", name)), None):
            raise ValueError(f"'{unfit}' cannot name a survey; use small letters, digits and hyphens")
        return surveys

    def stands(self, asked_at: datetime, first_at: datetime | None, now: datetime) -> str | None:
        """Why an answer to a mail of `asked_at` is not taken (any more); None where it is. `first_at` is when it was first answered."""
        if first_at is not None:
            return "answered" if now - first_at > timedelta(days=self.changes_within.days) else None
        return "too late" if now - asked_at > timedelta(days=self.open_for.days) else None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it stands: its number, what was added in words, and how often the number was told."""

    score: int
    comment: str
    times: int


def given(before: Given | None, score: int, comment: str) -> tuple[Given, bool]:
    """What stands after an answer, and whether it is to be told: once for each number, not for a comment that comes after it."""
    comment = _clean(comment)
    if before is None:
        return Given(score, comment, 1), True
    is_told = before.score != score
    return Given(score, comment, before.times + is_told), is_told


# What neither people nor databases can do with: controls, and what turns the direction of a text.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _clean(comment: str) -> str:
    return _UNSEEN.sub("", comment.replace("\r\n", "\n")).strip()[:MOST_COMMENT]


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of a survey as a mail shows them: a row of links on its page, a line each in its text. `link` leads to where it
    is answered."""

    survey: Survey
    words: Asking
    link: str
    colour: str

    def __html__(self) -> str:
        # Only words, links and colours of the house; phones break the row where it is too long, and Outlook, which knows no
        # inline-block, shows the numbers side by side.
        shape = (
            f"display:inline-block;min-width:40px;padding:10px 0;margin:0 0 8px;border:1px solid {self.colour};border-radius:8px;"
            f"color:{self.colour};font-weight:600;text-align:center;text-decoration:none"
        )
        links = " ".join(f'<a href="{escape(self.to(score))}" style="{escape(shape)}">{score}</a>' for score in self.survey.choices)
        return f'<span>{links}</span><br><span style="font-size:14px">{escape(self.ends)}</span>'

    def __str__(self) -> str:
        ends = {self.survey.from_: f" ({self.words.least})", self.survey.to: f" ({self.words.most})"}
        return "\n".join(f"{score}{ends.get(score, '')}: {self.to(score)}" for score in self.survey.choices)

    @property
    def ends(self) -> str:
        return f"{self.survey.from_} = {self.words.least} · {self.survey.to} = {self.words.most}"

    def to(self, score: int) -> str:
        return f"{self.link}/{score}"
