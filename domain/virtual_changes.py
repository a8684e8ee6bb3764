"""What people change and order in virtual time: owners, people, contracts, holds. The counterpart of `activities.intake` and `.holding`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain import handing_over
from domain.account import facts, first_day
from domain.facts import Contract, Hold, Person, Resume
from domain.news import Changed, Engaged, News, Reassigned
from domain.roles import Holder
from domain.standing import AskedApproval, AskedTask
from domain.virtual_turns import VirtualTurns


class VirtualChanges(VirtualTurns):
    """Each change is told as it is in real time."""

    def change_owner(self, owner_id: str | None) -> None:
        """The account has another owner, who has the old one's open work from now on."""
        before = self.account.owner_id
        self.account = replace(self.account, owner_id=owner_id)
        self._tell()
        if owner_id == before:
            return
        for task in self.tasks.values():
            if task.open and handing_over.follows_the_owner(task.intent.role, task.intent.assignee_id, before):
                self._reassign(task, owner_id)
        for approval in self.approvals.values():
            if approval.open and handing_over.follows_the_owner(approval.intent.role, approval.intent.approver_id, before):
                self._ask_instead(approval, owner_id)

    def change_person(self, person: Person) -> None:
        """One of us is as given from now on; work that they are not there for goes to who acts for its role."""
        self.account = replace(self.account, people={**self.account.people, person.id: person})
        if not handing_over.hands_over(person):
            return
        for task in self.tasks.values():
            if task.open and task.intent.assignee_id == person.id and (held := self._successor(task.intent.role, person.id)):
                self._reassign(task, held.person.id)
        for approval in self.approvals.values():
            if approval.open and approval.intent.approver_id == person.id and (held := self._successor(approval.intent.role, person.id)):
                self._ask_instead(approval, held.person.id)
        for escalation in self.escalations.values():
            if escalation.person_id == person.id and (held := self._successor(escalation.role, person.id)):
                escalation.person_id = held.person.id
                self._tell_follow_up(escalation.follow_up, Reassigned(self.now, held.person.id))

    def _successor(self, role: str, person_id: str) -> Holder | None:
        return handing_over.successor(role, person_id, self.house, facts(self.account, self.house, self.now), self.now)

    def _reassign(self, task: AskedTask, person_id: str | None) -> None:
        task.intent = replace(task.intent, assignee_id=person_id)
        self._tell_follow_up(task.follow_up, Reassigned(self.now, person_id))

    def _ask_instead(self, approval: AskedApproval, person_id: str | None) -> None:
        approval.intent = replace(approval.intent, approver_id=person_id)
        self._expect_decision(approval, person_id, self.now)

    def _tell_follow_up(self, id: str | None, news: News) -> None:
        if follow_up := self.follow_ups.get(id or ""):
            follow_up.news.append(news)

    def change_contract(self, contract: Contract) -> None:
        """A contract is as given from now on; days that hang on it move."""
        others = tuple(other for other in self.account.contracts if other.id != contract.id)
        self.account = replace(self.account, contracts=(*others, contract), since=first_day(self.account.since, contract.starts_on))
        self._tell(contract_id=contract.id)

    def change_contact(self, id: str, **changes: Any) -> None:
        """A contact left, came back or moved: fields of the contact."""
        contacts = tuple(replace(contact, **changes) if contact.id == id else contact for contact in self.account.contacts)
        self.account = replace(self.account, contacts=contacts)
        self._tell()

    def engage(self, news: Engaged, run_id: str) -> None:
        """A reader clicked in a mail of a run, or answered it."""
        self._notify_run(run_id, news)

    def place(self, hold: Hold) -> None:
        """A person holds the account, a journey of it or a class of mail to it, from now on."""
        hold = replace(hold, placed_at=self.now)
        self.holds[hold.id] = ("", hold)
        self._show_holds()
        for run in self.runs.values():
            if hold.keeps_back(run.journey.name):
                self._deliver_news(run.id, Changed(self.now, ("held",)), True)

    def lift(self, id: str, resume: Resume | None = None) -> None:
        """A person ends a hold; `resume` goes before its own policy."""
        self._end_hold(id, resume)
