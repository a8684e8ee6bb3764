"""Of every journey: what came may be expected word for word."""

from __future__ import annotations

from hypothesis import assume, given

from domain import journey
from domain.expecting import TOUCHES, Expectation, Given, JourneyTest, Span
from domain.judging import Outcome
from domain.people import Behaviour
from domain.simulation import Touch
from tests.domain.expecting.kit import HOUSE, judge
from tests.domain.generated import a_text, behaviours


def exact(outcome: Outcome) -> tuple[Expectation, ...]:
    """What came, as somebody would expect it word for word."""
    played = outcome.performance

    def expected(touch: Touch) -> Expectation:
        told = {"told": "escalation"}.get(touch.effect, "reminder") if touch.kind == "notice" else touch.kind
        name = played.stage.title(touch.step) if touch.kind == "notice" else touch.what
        day = played.day(touch.at)
        return Expectation.model_validate({told: name, "to": [touch.recipient], "day": [Span(day, day)]})

    return tuple(expected(touch) for touch in played.stage.touches if touch.journey in ("story", "follow-up"))


@given(a_text(), behaviours)
def test_what_came_may_be_expected_word_for_word_and_what_is_left_out_is_found(text: str, people: Behaviour) -> None:
    story = journey.compile(text, "story.yaml", HOUSE.segments)
    test = JourneyTest(test="a test", given=Given(people=people), until=20, nothing_else=TOUCHES)
    bare = judge(story, test)
    assume(not bare.performance.stage.amiss)
    claims = exact(bare)
    assert judge(story, test.model_copy(update={"expect": claims})).failures == ()
    for left_out in claims[:3]:
        fewer = tuple(claim for claim in claims if claim != left_out)
        found = judge(story, test.model_copy(update={"expect": fewer})).failures
        assert {failure.sentence.split(" came on")[0] for failure in found} == {f"{left_out.claim} {left_out.name} to {left_out.to[0]}"}
