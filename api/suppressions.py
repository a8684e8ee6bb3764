"""Who is not to be written to, who consented to what, and what others sent to our customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Row
from sqlmodel import Session

from activities import suppressing
from activities.suppressing import NotThere
from api import accounts
from api.faults import wrong
from api.idempotency import Done, Post
from api.problems import Problem, not_found, unfit
from api.services import Services, Use, acts, must_be_active, needs
from api.shapes import EmailAddress, Id, In, Line, Moment, Out, Prose, Word, example
from database import correspondence, suppressions
from database.tables import ContactRow
from domain import addresses
from domain.contact_policy import ContactPolicy
from domain.faults import suggestion
from domain.governor import EMAIL

router = APIRouter(prefix="/v1", tags=["contact"])

AHEAD = timedelta(minutes=5)  # how far the clock of whoever tells us may be ahead of ours


class OfAddress(BaseModel):
    """Whose list is asked for."""

    model_config = ConfigDict(extra="forbid")

    address: EmailAddress


class SuppressBody(In):
    """`everything`: nothing goes to the address at all, as after a bounce or a complaint. `channel`: no mail but what is necessary.
    `topic`: nothing about that topic. An address counts however it is written (case, +variant, international domain)."""

    model_config = example(
        address="ann@acme.example", scope="topic", topic="offers", reason="Said so on the phone", proof="Call of 3 March"
    )

    address: EmailAddress
    scope: Literal["everything", "channel", "topic"]
    topic: Word | None = None
    reason: Line
    source: Literal["program", "import"] = "program"
    proof: Prose | None = None

    @model_validator(mode="after")
    def _topic_of_its_scope(self) -> SuppressBody:
        if (self.scope == "topic") != (self.topic is not None):
            raise wrong("either_or", "name a 'topic' with the scope topic, and with no other")
        return self


class LiftBody(In):
    """Writing again to who had said no takes a proof: when and how they asked for it."""

    model_config = example(by="cara", proof="Ann asked for it in her mail of 4 March, ticket 812")

    by: Id
    proof: Annotated[Prose, Field(min_length=8)]


class SuppressionOut(Out):
    id: str
    address: str | None
    scope: str
    name: str
    reason: str
    source: str
    proof: str | None
    placed_by: str | None
    effective_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None
    lift_proof: str | None


class ConsentBody(In):
    """What can be shown when somebody asks: where it was given, to which words, and when."""

    model_config = example(
        address="ann@acme.example", topic="offers", source="sign-up form", text_version="2026-02", proof="form entry 5512", ip="192.0.2.7"
    )

    address: EmailAddress
    topic: Word | None = Field(default=None, description="all topics where none is named")
    source: Line
    text_version: Line
    proof: Prose
    ip: Annotated[str, Field(max_length=45)] | None = None
    given_at: Moment | None = None


class ConsentOut(Out):
    id: str
    address: str | None
    topic: str
    source: str
    text_version: str
    proof: str
    ip: str | None
    given_at: datetime
    withdrawn_at: datetime | None


class ExternalSendBody(In):
    """A mail that sales or marketing sent: it takes a place among what the customer gets, as ours do. Once under its `id`."""

    model_config = example(
        id="hubspot-88121", contact="acme-ann", source="marketing", what="spring newsletter", sent_at="2026-03-02T09:30:00Z"
    )

    id: Id
    contact: Id | None = None
    address: EmailAddress | None = Field(default=None, description="instead of `contact`, for who is none of ours")
    source: Line = Field(description="who sent it, like sales or marketing")
    what: Line = Field(description="what it was, for who reads why a mail of ours waited")
    sent_at: Moment
    operational: bool = Field(default=False, description="the customer waited for it: it counts towards the ceiling only")
    survey: bool = False

    @model_validator(mode="after")
    def _to_somebody(self) -> ExternalSendBody:
        if (self.contact is None) == (self.address is None):
            raise wrong("either_or", "say to whom it went: a 'contact' or an 'address'")
        return self


class ExternalSendOut(Out):
    id: str
    account_id: str
    contact_id: str | None
    source: str
    what: str
    sent_at: datetime
    told_at: datetime
    operational: bool
    survey: bool


# Suppressions


@router.get(
    "/suppressions",
    summary="What an address said no to, with what was lifted",
    response_model=list[SuppressionOut],
    dependencies=[needs("accounts:read")],
)
def list_suppressions(use: Use, asked: Annotated[OfAddress, Query()]) -> Sequence[Row[Any]]:
    with use.database.read() as session:
        return suppressions.of_reader(session, addresses.digest(asked.address), standing=False)


@router.post(
    "/suppressions",
    status_code=201,
    summary="Suppress an address",
    response_model=SuppressionOut,
    dependencies=[needs("suppressions:write")],
)
def suppress(body: SuppressBody, use: Use, post: Post, request: Request) -> Response:
    """200 with the one that stands where it was suppressed before."""

    def work(session: Session) -> Done:
        if body.topic:
            _must_be_topic(_policy(use, session), body.topic)
        name = EMAIL if body.scope == "channel" else body.topic or ""
        by = f"key {request.state.key.name}"
        added = suppressing.suppress(session, body.address, body.scope, name, body.reason, body.source, use.clock(), body.proof, by)
        return Done(_shown(session, added.id), (), 201 if added.is_new else 200)

    return post.carry_out(work)


@router.post(
    "/suppressions/{suppression_id}/lift",
    summary="Write to an address again, for a proof",
    response_model=SuppressionOut,
    dependencies=[acts("suppressions:write")],
)
def lift(suppression_id: Id, body: LiftBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        if suppressions.find(session, suppression_id) is None:
            raise not_found("suppression", suppression_id)
        try:
            suppressing.lift(session, suppression_id, body.by, body.proof, use.clock())
        except NotThere as error:
            raise Problem(409, "not_open", str(error)) from None
        return Done(_shown(session, suppression_id))

    return post.carry_out(work)


def _shown(session: Session, id: str) -> SuppressionOut:
    return SuppressionOut.model_validate(suppressions.find(session, id))


# Consents


@router.get("/consents", summary="What an address consented to", response_model=list[ConsentOut], dependencies=[needs("accounts:read")])
def list_consents(use: Use, asked: Annotated[OfAddress, Query()]) -> Sequence[Row[Any]]:
    with use.database.read() as session:
        return suppressions.consents_of(session, addresses.digest(asked.address))


@router.post(
    "/consents", status_code=201, summary="Record a consent", response_model=ConsentOut, dependencies=[needs("suppressions:write")]
)
def consent(body: ConsentBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        now = use.clock()
        if body.topic:
            _must_be_topic(_policy(use, session), body.topic)
        if body.given_at and body.given_at > now + AHEAD:
            raise unfit("/given_at", "range", "'given_at' lies ahead; a consent is recorded once it is given")
        id = suppressions.consent(
            session, body.address, body.topic or "", body.source, body.text_version, body.proof, body.given_at or now, body.ip
        )
        return Done(ConsentOut.model_validate(suppressions.find_consent(session, id)), (), 201)

    return post.carry_out(work)


@router.post(
    "/consents/{consent_id}/withdraw",
    summary="Record that a consent was withdrawn",
    response_model=ConsentOut,
    dependencies=[needs("suppressions:write")],
)
def withdraw(consent_id: Id, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        row = suppressions.find_consent(session, consent_id)
        if row is None:
            raise not_found("consent", consent_id)
        suppressions.hold(session, [row.reader], use.clock())
        if not suppressions.withdraw_consent(session, consent_id, use.clock()):
            raise Problem(409, "not_open", "this consent was withdrawn before")
        return Done(ConsentOut.model_validate(suppressions.find_consent(session, consent_id)))

    return post.carry_out(work)


# What others sent


@router.get(
    "/accounts/{account_id}/external-sends",
    summary="What others told they sent to an account, latest first",
    response_model=list[ExternalSendOut],
    dependencies=[needs("accounts:read")],
)
def list_external_sends(account_id: Id, use: Use) -> Sequence[Row[Any]]:
    with use.database.read() as session:
        accounts.must_exist(session, account_id)
        return correspondence.told_of(session, account_id, 200)


@router.post(
    "/accounts/{account_id}/external-sends",
    status_code=201,
    summary="Tell of a mail that somebody else sent",
    response_model=ExternalSendOut,
    dependencies=[needs("sends:write")],
)
def tell_external_send(account_id: Id, body: ExternalSendBody, use: Use, post: Post) -> Response:
    """200 with the first one where the same `id` was told before."""

    def work(session: Session) -> Done:
        now = use.clock()
        accounts.must_exist(session, account_id)
        if body.sent_at > now + AHEAD:
            raise unfit("/sent_at", "range", "'sent_at' lies ahead; tell of a mail once it was sent")
        address = body.address or _address_of(session, account_id, body.contact or "")
        reader, domain = addresses.digest(address), _policy(use, session).domain(address)
        suppressions.hold(session, [key for key in (reader, domain) if key], now)
        values = {
            "id": body.id, "account_id": account_id, "contact_id": body.contact, "reader": reader, "domain": domain, "source": body.source,
            "what": body.what, "operational": body.operational, "survey": body.survey, "sent_at": body.sent_at, "told_at": now,
        }  # fmt: skip
        is_new = correspondence.tell(session, values)
        kept = correspondence.external(session, body.id)
        if kept is None or kept.account_id != account_id:
            raise Problem(409, "id_taken", f"the id '{body.id}' was told of another account; every send has an id of its own")
        return Done(ExternalSendOut.model_validate(kept), (), 201 if is_new else 200)

    return post.carry_out(work)


def _address_of(session: Session, account_id: str, contact_id: str) -> str:
    contact = session.get(ContactRow, contact_id)
    if contact is None or contact.account_id != account_id:
        raise unfit("/contact", "unknown_contact", f"the account has no contact '{contact_id}'; name another, or give the 'address'")
    return contact.email


def _policy(use: Services, session: Session) -> ContactPolicy:
    return use.published(session).house.contact


def _must_be_topic(policy: ContactPolicy, topic: str) -> None:
    if topic not in policy.topics:
        raise unfit("/topic", "unknown_topic", f"'{topic}' is not a topic of contact.yaml{suggestion(topic, policy.topics)}")
