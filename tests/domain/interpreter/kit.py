"""What several of these stories begin with, and turns without a story."""

from __future__ import annotations

from typing import Any

from domain import interpreter
from domain.account import facts
from domain.interpreter import advance, enter
from domain.journey import Journey
from domain.listening import Interest, interest
from domain.news import News
from domain.state import State
from tests.domain.kit import a_house, a_journey, an_account, at

READY = an_account(facts={"ready": True})
REST = "steps: [{wait: 25 days}]\n"
CARES = """
    steps: [{wait_for: seen, within: 30 days}, {wait_for: answered, where: event.score > 5, within: 9 days}]
    tracks:
      a: [{task: call, owner: csm, wait: 9 days}]
      b: [{wait_for: account.ready, within: 30 days}, {post: cheers, at: day 30}]
      c: [{task: plan, owner: csm}, {send: hello, at: day 20, to: champion}]
    ends: [{on: gone}, {when: account.stage == "won"}]
    whenever:
      - {on: signed, again: never, steps: [{webhook: crm}]}
      - {band: critical, steps: [{id: w, webhook: crm}]}
      - {when: steps.plan.done_on, steps: [{id: x, webhook: crm}]}
"""


class Turns:
    """Turns of one run without a world: what `advance` is told, and what it says."""

    def __init__(self, text: str, **account: Any) -> None:
        self.journey: Journey = a_journey(text)
        self.house = a_house()
        self.account = an_account(**account)
        self.state: State = enter(self.journey, facts(self.account, self.house, at("0 10:00")), at("0 10:00"))

    def take(self, when: str, *news: News) -> interpreter.Turned:
        turned = advance(self.journey, self.house, self.state, at(when), facts(self.account, self.house, at(when)), news)
        self.state = turned.state
        return turned

    def cares(self, news: News, when: str = "1 12:00") -> Interest:
        return interest(self.journey, self.house, self.state, at(when), facts(self.account, self.house, at(when)), news)
