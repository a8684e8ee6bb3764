"""journeys/policies/contact.yaml: who may be contacted about what, how often, and what keeps mail back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from domain import addresses, durations
from domain.conditions import SpokenCondition
from domain.durations import Duration, SpokenDuration
from domain.facts import COMMERCIAL
from domain.faults import suggestion
from domain.grammar import Real, Spoken, Truth, Whole, Word, Words

# Where everybody has a mailbox: two readers there have nothing to do with each other.
PUBLIC_DOMAINS = (
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mail.com", "me.com", "msn.com",
    "outlook.com", "proton.me", "protonmail.com", "t-online.de", "web.de", "yahoo.com", "ymail.com",
)  # fmt: skip


def _country(value: object) -> object:
    if not re.fullmatch(r"[A-Z]{2}", str(value)):
        raise ValueError(f"'{value}' is not a country; write its two letters in quotes, like \"DE\" (ISO 3166)")
    return str(value)


Country = Annotated[str, BeforeValidator(_country)]


class Topic(Spoken):
    """What commercial mail can be about. Readers turn topics on and off on their preference page, under `title`."""

    title: Word
    about: Word = Field(description="one sentence for readers: what they get")
    necessary: Truth = Field(
        default=False, description="the contract asks for it: who wants no mail gets it all the same, in its hours and within the limits"
    )
    consent_in: tuple[Country, ...] = Field(
        default=(), description="countries whose readers (by the contact's country, else the account's) get it only with a recorded consent"
    )


class Limits(Spoken):
    """How much one customer gets of all journeys, and of what sales and marketing report they sent, together.

    Days are the reader's (the account's for the account's limits), weeks any 7 of them. Mail that customers wait for (operational)
    is neither counted nor kept back, but for `ceiling_a_week`.
    """

    mails_a_day: Whole = Field(description="to one contact, on one day of theirs")
    mails_a_week: Whole = Field(description="to one contact, within 7 days")
    account_mails_a_week: Whole = Field(description="to all contacts of an account, within 7 days")
    domain_mails_a_week: Whole | None = Field(
        default=None, description="to all addresses of a mail domain, also those of other accounts, within 7 days"
    )
    ceiling_a_week: Whole | None = Field(default=None, description="of all kinds, operational too, to one contact within 7 days")
    settling: SpokenDuration = Field(description="so long before and after the contract's start, one mail more a week, two an account")
    survey_every: SpokenDuration = Field(description="one survey to a contact in so long")
    same_survey_every: Mapping[Word, SpokenDuration] = Field(
        default_factory=dict, description="one survey of the same name to a contact in so long"
    )  # fmt: skip
    expires: SpokenDuration = Field(
        default=durations.parse("5 business days"), description="mail kept back for so long is stale and dropped, but operational mail"
    )  # fmt: skip


class KeptBack(Spoken):
    """While `when` holds of an account, its mail of these classes (of all where none is named) waits, and surveys where it says so."""

    when: SpokenCondition
    because: Word = Field(description="the reason that is recorded")
    classes: Words | None = None
    surveys: Truth = Field(default=False, description="every survey too, of whatever class")
    operational: Truth = Field(default=False, description="operational mail too")

    def covers(self, mail_class: str, operational: bool, survey: bool) -> bool:
        if operational:
            return self.operational
        return self.classes is None or mail_class in self.classes or (survey and self.surveys)


class SpamReports(Spoken):
    """How many readers may report our mail as spam, of the commercial mail that providers accepted in the last 30 days.

    From `warn_at` on it is said, from `hold_at` on commercial mail waits until a person lifts that. The percents shipped are those of
    Gmail and Yahoo for senders of much mail: below 0.1, never 0.3 (https://support.google.com/a/answer/81126).
    """

    warn_at: Real = Field(default=0.1, gt=0, le=100, description="percent")
    hold_at: Real = Field(default=0.3, gt=0, le=100, description="percent")
    least_mails: Whole = Field(default=100, ge=1, description="of less mail nothing is said")
    least_reports: Whole = Field(default=3, ge=1, description="fewer hold nothing, whatever the percent")

    @model_validator(mode="after")
    def _warned_first(self) -> Self:
        if self.hold_at < self.warn_at:
            raise ValueError(f"hold_at: {self.hold_at:g} percent is less than warn_at, {self.warn_at:g}; warn first, then hold")
        return self


class ContactPolicy(Spoken):
    """The classes of mail, what it can be about, how much is too much for a reader, and what keeps mail back.

    `tenure simulate --all` says where journeys would send more than the limits.
    """

    classes: Words = Field(description="in the order of their priority: where two mails want one free place, the earlier class gets it")
    topics: Mapping[Word, Topic] = Field(default_factory=dict, description="with topics, every mail that is not operational names one")
    limits: Limits | None = Field(default=None, description="without them nothing is too much")
    kept_back: tuple[KeptBack, ...] = ()
    spam_reports: SpamReports = SpamReports()
    never_lost: Words = Field(
        default=(),
        description="classes whose mail rather comes twice than never, when nobody knows whether it left; operational mail always does",
    )  # fmt: skip
    public_domains: Words = Field(default=PUBLIC_DOMAINS, description="mail domains that say nothing of who writes from them")

    @field_validator("topics")
    @classmethod
    def _named_plainly(cls, topics: Mapping[str, Topic]) -> Mapping[str, Topic]:
        if unfit := next((name for name in topics if not re.fullmatch(r"[a-z][a-z0-9-]{0,59}", name)), None):
            raise ValueError(f"'{unfit}' cannot name a topic; use small letters, digits and hyphens")
        return topics

    @field_validator("classes")
    @classmethod
    def _none_is_all(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if COMMERCIAL in classes:
            raise ValueError(f"'{COMMERCIAL}' cannot name a class: a hold of it is one of all classes")
        return classes

    @model_validator(mode="after")
    def _of_these_classes(self) -> Self:
        if unknown := next((name for name in self.never_lost if name not in self.classes), None):
            raise ValueError(f"never_lost: '{unknown}' is not one of the classes{suggestion(unknown, self.classes)}")
        return self

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """0 goes first. What is of no class (an escalation's notice) is asked of nobody and ranks before all."""
        return {name: rank for rank, name in enumerate(self.classes)}

    def is_necessary(self, topic: str | None) -> bool:
        found = self.topics.get(topic or "")
        return found is not None and found.necessary

    @property
    def expires(self) -> Duration:
        return self.limits.expires if self.limits else durations.parse("5 business days")

    def domain(self, address: str) -> str | None:
        """The mail domain of an address as one customer's; None for one where everybody has a mailbox."""
        found = addresses.domain(address)
        return None if found in self.public_domains else found
