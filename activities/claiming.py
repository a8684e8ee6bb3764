"""What the governor weighs of a mail, read in the transaction that claims it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from activities.ledger import Ledger
from database import correspondence, suppressions
from database.correspondence import LEFT
from database.messages import Outgoing
from domain import addresses, caps, queueing, state
from domain.correspondence import NOTHING, Ahead, Correspondence, Sent
from domain.facts import Facts
from domain.governor import Letter
from domain.house import House
from domain.journey import Plan


def known(ledger: Ledger, run: Row[Any], plan: Plan | None, outgoing: Outgoing, letter: Letter, facts: Facts) -> Correspondence:
    """What a letter's reader got and said, and who else wants the same slot. Holds the reader's row, and their domain's where it counts."""
    contact = next((contact for contact in facts.contacts if contact.id == letter.recipient), None)
    if letter.audience != "contact" or contact is None:
        return NOTHING
    policy, session, now = ledger.house.contact, ledger.session, ledger.now
    reader = addresses.digest(contact.email)
    domain = policy.domain(contact.email) if policy.limits and policy.limits.domain_mails_a_week is not None else None
    suppressions.hold(session, [reader, *([domain] if domain else [])], now)
    refused, consents = suppressions.said(session, reader)
    if policy.limits is None:
        return Correspondence(suppressions=refused, consents=consents)
    rows = correspondence.sent(session, ledger.account.id, reader, domain, caps.horizon(policy.limits, letter.survey, now))
    sent = tuple(sent_of(row, ledger.account.id) for row in rows if _is_gone(row, outgoing))
    return Correspondence(sent, tuple(_ahead(ledger, run, plan, outgoing, facts)), refused, consents)


def whose(letter: Letter, house: House, facts: Facts) -> dict[str, Any]:
    """What the row of a claimed mail keeps for those that come after it."""
    contact = next((contact for contact in facts.contacts if contact.id == letter.recipient), None)
    if letter.audience != "contact" or contact is None:
        return {}
    reader, domain = addresses.digest(contact.email), house.contact.domain(contact.email)
    return {"reader": reader, "domain": domain, "survey": letter.survey, "asks": letter.asks or None}


def _is_gone(row: Row[Any], outgoing: Outgoing) -> bool:
    """What this transaction has learned of the run's own messages is not in its rows yet."""
    own = outgoing.known.get(row.id)
    return own is None or own.state in LEFT


def sent_of(row: Row[Any], account_id: str) -> Sent:
    """A row of `database.correspondence.sent` as the governor weighs it."""
    what = row.what if row.source else f"{row.what} ({row.journey})"
    return Sent(row.at, row.reader, row.domain, row.account_id == account_id, row.operational, row.survey, what, row.source, row.asks or "")


def _ahead(ledger: Ledger, run: Row[Any], plan: Plan | None, outgoing: Outgoing, facts: Facts) -> list[Ahead]:
    house, now = ledger.house, ledger.now
    own = [message for message in outgoing.in_state("planned") if not message.shadow]
    found = [queueing.planned(message, house, message.journey, plan, facts, now) for message in own]
    for other in correspondence.due_runs(ledger.session, ledger.account.id, run.id, now):
        theirs = ledger.facts(other.contract_id, other.contact_id)
        its = ledger.journey(other).plan(theirs.segment)
        waiting = correspondence.planned(ledger.session, other.id, now)
        found += [queueing.planned(message, house, other.journey, its, theirs, now) for message in waiting]
        found += queueing.due(house, its, state.load(other.state), theirs, other.journey, now)
    return [each for each in found if each]
