"""Surveys: what may be asked, what counts as an answer and until when, and how a mail shows its numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from domain import checking, composing, grammar, source, survey_policy
from domain.composing import Wording
from domain.faults import FaultyText
from domain.survey_policy import MOST_CHOICES, MOST_COMMENT, Given, Scale, Survey, Surveys
from tests.domain.kit import MAILS, POLICIES, a_house, at, story

POLICY = """
event: answered
surveys:
  nps:
    question: Would you recommend us?
    from: 0
    to: 10
    least: never
    most: "always & <gladly>"
    languages:
      de: {question: Empfehlen Sie uns?, least: nie, most: immer}
"""
LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"


def policy(text: str = POLICY) -> Surveys:
    return grammar.load(Surveys, source.read(text, "surveys.yaml"), "surveys.yaml")


def nps() -> Survey:
    return policy().surveys["nps"]


# What may be asked


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("to: 10", "to: 11", "a scale has 2 to 11 numbers, and goes from the lower to the higher"),
        ("to: 10", "to: 0", "a scale has 2 to 11 numbers, and goes from the lower to the higher"),
        ("from: 0", "from: 20", "a scale has 2 to 11 numbers, and goes from the lower to the higher"),
        ("  nps:", "  N P S:", "'N P S' cannot name a survey; use small letters, digits and hyphens"),
        ("      de:", "      xx-yy-zz:", "'xx-yy-zz' is not a language; write it like de or de-AT"),
        ("least: never", "last: never", "'last' is not a field here; did you mean 'least'?"),
    ],
)
def test_a_survey_that_cannot_be_asked_is_refused(old: str, new: str, expected: str) -> None:
    with pytest.raises(FaultyText) as caught:
        policy(POLICY.replace(old, new, 1))
    assert expected in str(caught.value)


def set_faults(
    surveys: str = POLICY, contact: str = POLICIES["contact"], head: str = "survey: nps", body: str = "{{ survey.scale }}"
) -> str:
    """What is wrong with a house that asks a survey by one mail."""
    texts = {("policy", name): text for name, text in (POLICIES | {"surveys": surveys, "contact": contact}).items()}
    texts["template", "email/asks"] = f"---\nsubject: Asks\npreview: Asks\n{head}\n---\n\n{body}\n"
    texts["template", "layouts/mail"] = LAYOUT.replace("[[body]]", "[[body]] {{ brand.company }} {{ brand.postal_address }}")
    faults = [str(fault) for fault in checking.check(texts)]
    return "\n".join(each for each in faults if "no journey is called 'other'" not in each)


def test_a_mail_that_asks_a_survey_is_sound() -> None:
    assert set_faults() == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"head": "survey: npx"}, "surveys.yaml has no survey 'npx'; did you mean 'nps'?"),
        ({"body": "How was it?"}, "it asks a survey and shows no numbers to answer with: write {{ survey.scale }} into its text"),
        ({"head": ""}, "templates know no 'survey.scale'"),
        ({"head": "survey: nps\noperational: true"}, "nobody waits for a survey: take 'operational' away, or readers cannot turn it off"),
        ({"surveys": POLICY.replace("event: answered", "event: answerd")}, "no event is declared as 'answerd'; did you mean 'answered'?"),
        ({"surveys": POLICY.replace("event: answered", "event: gone")}, "'gone' tells no answer: its payload has 'survey: text' and 'score: number'"),
        (
            {"contact": POLICIES["contact"].replace("survey_every", "same_survey_every: {npx: 9 days}, survey_every")},
            "surveys.yaml has no survey 'npx'; did you mean 'nps'?",
        ),
    ],
)  # fmt: skip
def test_a_survey_that_could_not_be_answered_or_told_is_found_by_the_check(changed: dict[str, str], expected: str) -> None:
    found = set_faults(**changed)
    assert expected in found
    assert len(found.splitlines()) == 1


# What counts as an answer

scores, words = st.integers(0, 10), st.text(max_size=40)


@given_that(st.lists(st.tuples(scores, words), min_size=1, max_size=8))
def test_the_last_answer_stands_and_each_change_of_the_number_is_told_once(clicks: list[tuple[int, str]]) -> None:
    stands: Given | None = None
    told = []
    for score, comment in clicks:
        stands, is_told = survey_policy.given(stands, score, comment)
        told += [score] if is_told else []
    assert stands is not None
    changes = [score for place, (score, _) in enumerate(clicks) if place == 0 or clicks[place - 1][0] != score]
    assert (told, stands.times, stands.score) == (changes, len(changes), clicks[-1][0])


@given_that(st.lists(st.tuples(scores, words), min_size=1, max_size=4))
def test_an_answer_that_is_told_twice_changes_nothing_the_second_time(clicks: list[tuple[int, str]]) -> None:
    stands: Given | None = None
    for score, comment in clicks:
        stands, _ = survey_policy.given(stands, score, comment)
        assert survey_policy.given(stands, score, comment) == (stands, False)


@given_that(st.text())
def test_a_comment_is_kept_short_and_without_what_cannot_be_seen(comment: str) -> None:
    kept = survey_policy.given(None, 5, comment)[0].comment
    assert len(kept) <= MOST_COMMENT
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", kept)
    assert survey_policy.given(None, 5, kept)[0].comment == kept


@pytest.mark.parametrize(
    ("first", "now", "why"),
    [
        (None, "31 09:00", None),
        (None, "31 09:01", "too late"),
        ("30 09:00", "31 09:00", None),
        ("30 09:00", "31 09:01", "answered"),
        ("1 09:00", "40 09:00", "answered"),
    ],
)
def test_answers_are_taken_for_a_month_and_changed_for_a_day(first: str | None, now: str, why: str | None) -> None:
    assert policy().stands(at("1 09:00"), at(first) if first else None, at(now)) == why


@given_that(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(60)))
def test_an_answer_that_was_taken_can_be_taken_again_at_that_moment(asked_at: datetime, after: timedelta) -> None:
    rules, now = policy(), asked_at + after
    if rules.stands(asked_at, None, now) is None:
        assert rules.stands(asked_at, now, now) is None


# In the mail


def scale(locale: str = "", link: str = "https://mail.example.com/a/token") -> Scale:
    asked, _ = nps().words((locale,), "en-GB")
    return Scale(nps(), asked, link, "#2f5bd8")


def filled(body: str = "{{ survey.scale }}") -> composing.Message:
    template = composing.compile("email", "x", f"---\nsubject: x\npreview: x\nsurvey: nps\n---\n\n{body}\n", {"mail": LAYOUT})
    return template.fill({"survey": {"scale": scale()}})


def test_a_mail_shows_each_number_as_a_link_and_what_the_ends_mean() -> None:
    html = filled().html or ""
    assert re.findall(r'<a href="https://mail\.example\.com/a/token/(\d+)"[^>]*>(\d+)</a>', html) == [
        (str(each), str(each)) for each in range(11)
    ]
    assert "10 = always &amp; &lt;gladly&gt;" in html
    assert re.search(r"<p[^>]*><span><a ", html)  # inline within a paragraph, as mail programs take it


def test_a_text_shows_each_number_with_its_link_in_a_line_of_its_own() -> None:
    lines = filled().text.splitlines()
    assert lines[0] == "0 (never): https://mail.example.com/a/token/0"
    assert lines[1] == "1: https://mail.example.com/a/token/1"
    assert lines[10] == "10 (always & <gladly>): https://mail.example.com/a/token/10"


def test_the_words_are_in_the_readers_language() -> None:
    assert (scale("de-AT").ends, scale("fr").ends) == ("0 = nie · 10 = immer", "0 = never · 10 = always & <gladly>")


@given_that(st.text(min_size=1, max_size=30).filter(str.strip), st.integers(0, 9), st.integers(1, MOST_CHOICES - 1))
def test_no_words_of_a_scale_become_markup(meaning: str, first: int, more: int) -> None:
    survey = Survey.model_validate({"question": "?", "from": first, "to": first + more, "least": meaning, "most": meaning})
    html = Scale(survey, survey, "https://x.example", "#123456").__html__()
    without = re.sub(r'<a href="https://x\.example/\d+" style="[^"<>]*">\d+</a>|</?span(?: style="font-size:14px")?>|<br>', "", html)
    assert "<" not in without
    assert unescape(without).strip().startswith(f"{first} = ")


# How often


def test_a_house_asks_no_survey_until_it_says_one() -> None:
    assert (a_house().surveys.surveys, [a_house().mails[name].survey for name in MAILS]) == ({}, [None] * len(MAILS))


def test_in_virtual_time_too_a_survey_waits_until_the_last_of_its_name_is_long_enough_ago() -> None:
    limits = "survey_every: 1 day, same_survey_every: {nps: 9 days}"
    made = a_house(contact=POLICIES["contact"].replace("survey_every: 1 day", limits), surveys=POLICY)
    made = replace(made, mails={**made.mails, "hello": Wording("hello", survey="nps"), "news": Wording("news", survey="nps")})
    steps = "steps: [{send: hello, at: day 1, to: champion}, {send: news, at: day 7, to: champion}]"
    assert story(steps, house=made) == ["1 09:00 mail hello ann", "10 09:00 mail news ann"]
