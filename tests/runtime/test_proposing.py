"""Four eyes and going back: what one of us proposes another publishes, and what was published before can be published again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import update

from activities.intake import Unfit
from activities.orders import NotAllowed, NotOpen, NotThere
from database import definitions, proposals
from database.tables import DefinitionRow, PublicationRow, table
from domain.journey import content_hash
from domain.moving import Choices
from runtime import folders, proposing, publishing
from runtime.proposing import Approval, NothingBefore
from runtime.publishing import Publication
from runtime.warrants import NeedsApproval, NobodyApproves, Warrant
from tests.installation import ROOT, Installation

Texts = Mapping[tuple[str, str], str]
POLICY, JOURNEY = ("policy", "publishing"), ("journey", "onboarding")
STORY = """\
journey: {}
title: A story
for: account
starts: {{manual: true, reenter: always}}
anchor: start
class: onboarding
steps: [{{task: Call them, at: day 28, owner: csm, sla: P3}}]
"""
SHIPPED = {
    (kind, name): STORY.format(name) if kind == "journey" else text
    for (kind, name), text in folders.read(ROOT).items()
    if kind != "template" or name.startswith("layouts/")
}
MOVED = {**SHIPPED, JOURNEY: SHIPPED[JOURNEY].replace("day 28", "day 27")}
SAID = "task-call-them moves from day 28 to day 27"
FOUR_EYES = "four_eyes: true\napprovers: [cs_ops, director, vp]\n"


def texts(*comments: str, policy: str = FOUR_EYES) -> dict[tuple[str, str], str]:
    """The policies that are shipped, with four eyes, and small journeys; comments in one of them."""
    return {**SHIPPED, POLICY: policy, JOURNEY: SHIPPED[JOURNEY] + "".join(f"# {comment}\n" for comment in comments)}


def publish(installed: Installation, wanted: Texts, warrant: Warrant | None = None) -> Publication:
    return publishing.publish(installed.database, wanted, installed.clock(), Choices(), warrant=warrant)


def propose(installed: Installation, wanted: Texts, who: str = "csm") -> str:
    return proposing.propose(installed.database, wanted, who, Choices(), installed.clock())[0]


def approve(installed: Installation, id: str, who: str = "director") -> Publication:
    warrant, wanted, _, _ = proposing.approval(installed.database, id, who)
    return publish(installed, wanted, warrant)


def published(installed: Installation) -> Texts:
    with installed.database.read() as session:
        return definitions.current_texts(session)[0]


@pytest.fixture
def careful(installation: Installation) -> Installation:
    """A house that publishes with four eyes, on each kind of database."""
    publish(installation, texts())
    return installation


@pytest.fixture
def quick_careful(quick_installation: Installation) -> Installation:
    publish(quick_installation, texts())
    return quick_installation


def test_what_one_proposes_another_publishes_byte_by_byte(careful: Installation) -> None:
    id = propose(careful, texts("one ", "\ttwo"))
    assert published(careful) == texts()
    done = approve(careful, id)
    assert published(careful) == texts("one ", "\ttwo")
    (latest, *_) = proposing.acts(careful.database)
    assert (latest["revision"], latest["published_by"], latest["proposal_id"]) == (done.revision, "director", id)
    (shown,) = proposing.everything(careful.database)
    assert shown.state == f"published as revision {done.revision}"
    with pytest.raises(NotOpen, match=f"it was published as revision {done.revision}"):
        approve(careful, id)


def test_publishing_directly_is_refused_with_what_to_do(quick_careful: Installation) -> None:
    with pytest.raises(NeedsApproval, match="tenure publish --propose --as <you>"):
        publish(quick_careful, texts("one"), Warrant("vp"))
    with pytest.raises(NeedsApproval, match="tenure rollback --propose --as <you>"):
        publish(quick_careful, SHIPPED, Warrant("vp", rolls_back_to=1))
    assert published(quick_careful) == texts()


def test_turning_four_eyes_off_takes_four_eyes(quick_careful: Installation) -> None:
    off = texts(policy="four_eyes: false\n")
    with pytest.raises(NeedsApproval):
        publish(quick_careful, off)
    approve(quick_careful, propose(quick_careful, off))
    publish(quick_careful, texts("one", policy="four_eyes: false\n"))
    assert published(quick_careful)[JOURNEY].endswith("# one\n")


@pytest.mark.parametrize(
    ("who", "error", "words"),
    [
        ("engineer", NotAllowed, "Enzo Ricci proposed it; somebody else approves"),
        ("ENZO@example.com", NotAllowed, "Enzo Ricci proposed it; somebody else approves"),
        ("csm", NotAllowed, "Cara Stein is neither cs_ops nor director nor vp"),
        ("nobody", Unfit, "nobody active has the id or mail address 'nobody'"),
    ],
)
def test_its_author_and_whoever_may_not_cannot_approve(quick_careful: Installation, who: str, error: type[Exception], words: str) -> None:
    id = propose(quick_careful, texts("one"), "engineer")
    with pytest.raises(error, match=words):
        approve(quick_careful, id, who)
    assert published(quick_careful) == texts()


def test_who_has_left_neither_proposes_nor_approves(quick_careful: Installation) -> None:
    id = propose(quick_careful, texts("one"))
    for person in ("director", "engineer"):
        quick_careful.client.put(f"/v1/people/{person}", json={"active": False})
    with pytest.raises(Unfit, match="nobody active"):
        approve(quick_careful, id, "director")
    with pytest.raises(Unfit, match="nobody active"):
        propose(quick_careful, texts("two"), "engineer")
    approve(quick_careful, id, "vera@example.com")


def test_a_change_of_what_is_published_makes_every_other_proposal_void(careful: Installation) -> None:
    first, second = propose(careful, texts("one"), "csm"), propose(careful, texts("two"), "engineer")
    approve(careful, first)
    with pytest.raises(NotOpen, match="what is published has changed since it was proposed"):
        approve(careful, second)
    assert [each.state.split(":")[0] for each in proposing.everything(careful.database) if each.row.id == second] == ["it is void"]


def test_an_approval_that_comes_with_a_change_in_between_publishes_nothing(quick_careful: Installation) -> None:
    first, second = propose(quick_careful, texts("one"), "csm"), propose(quick_careful, texts("two"), "engineer")
    warrant, wanted, _, _ = proposing.approval(quick_careful.database, second, "director")
    approve(quick_careful, first)
    with pytest.raises(NotOpen, match="what is published has changed"):
        publish(quick_careful, wanted, warrant)
    assert published(quick_careful) == texts("one")


def test_a_newer_proposal_of_the_same_author_replaces_the_older_one(quick_careful: Installation) -> None:
    first, second = propose(quick_careful, texts("one")), propose(quick_careful, texts("one", "two"))
    with pytest.raises(NotOpen, match=f"it is void: replaced by {second}"):
        approve(quick_careful, first)
    approve(quick_careful, second)


def test_an_approval_is_of_these_texts_and_no_others(quick_careful: Installation) -> None:
    id = propose(quick_careful, texts("one"))
    warrant = Approval("director", proposal=id)
    with pytest.raises(NotOpen, match="its texts are not those that were proposed"):
        publish(quick_careful, texts("another"), warrant)
    stored = table(DefinitionRow)
    with quick_careful.database.write() as session:
        changed = update(stored).where(stored.c.hash == content_hash(texts("one")[JOURNEY]))
        session.execute(changed.values(text=texts("tampered with")[JOURNEY]))
    with pytest.raises(NotOpen, match="its texts are not those that were proposed"):
        approve(quick_careful, id)


def test_only_what_differs_can_be_proposed_and_only_what_was_proposed_approved(quick_careful: Installation) -> None:
    with pytest.raises(NotAllowed, match="nothing differs"):
        propose(quick_careful, texts())
    with pytest.raises(NotThere, match="there is no proposal '7'"):
        approve(quick_careful, "7")


def test_two_approvals_at_once_publish_once(careful: Installation) -> None:
    id = propose(careful, texts("one"))
    came: list[Any] = []

    def race(who: str) -> None:
        try:
            came.append(approve(careful, id, who).revision)
        except NotOpen as refused:
            came.append(str(refused))

    threads = [threading.Thread(target=race, args=(who,)) for who in ("director", "vp")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in came if isinstance(each, int)]) == 1
    assert len([each for each in came if isinstance(each, str)]) == 1
    assert len([act for act in proposing.acts(careful.database) if act["proposal_id"]]) == 1


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("four_eyes: true\napprovers: [cco]\n", None),
        ("four_eyes: true\napprovers: [finance]\n", "nobody active is finance"),
    ],
)
def test_a_policy_under_which_nothing_could_be_published_is_refused(
    quick_installation: Installation, policy: str, words: str | None
) -> None:
    if words is None:
        assert publish(quick_installation, texts(policy=policy)).changes
    else:
        with pytest.raises(NobodyApproves, match=words):
            publish(quick_installation, texts(policy=policy))


def test_a_proposal_shows_what_its_author_saw(quick_careful: Installation) -> None:
    wanted = {**texts(), JOURNEY: MOVED[JOURNEY]}
    (shown,) = [proposing.one(quick_careful.database, propose(quick_careful, wanted))]
    assert (shown.state, shown.row.author_id, shown.row.hash) == ("open", "csm", proposals.fingerprint(wanted))
    assert [each["sentence"] for each in shown.row.differences[0]["differences"]] == [SAID]
    assert shown.row.preview == ["no run is under way on a version that this folder changes"]


# Going back


def test_going_back_publishes_the_texts_of_before_as_a_new_publication(installation: Installation) -> None:
    first = publish(installation, texts("one", policy="four_eyes: false\n")).revision
    second = publish(installation, texts("two", policy="four_eyes: false\n")).revision
    assert None not in (first, second)
    back = proposing.earlier(installation.database, None)
    assert back.revision == first
    done = publish(installation, back.texts, Warrant("csm", back.revision))
    assert published(installation) == texts("one", policy="four_eyes: false\n")
    assert [(change.name, change.what) for change in done.changes] == [("onboarding", "changed")]
    assert [(act["revision"], act["rolls_back_to"], act["published_by"]) for act in proposing.acts(installation.database)] == [
        (done.revision, first, "csm"), (second, None, None), (first, None, None),
    ]  # fmt: skip
    assert proposing.earlier(installation.database, None).revision == second  # going back from going back


def test_going_back_further_brings_back_what_was_withdrawn_and_takes_away_what_was_new(quick_installation: Installation) -> None:
    first = publish(quick_installation, SHIPPED).revision
    assert first is not None
    publish(quick_installation, {**SHIPPED, ("journey", "second"): STORY.format("second")})
    publish(quick_installation, {name: text for name, text in SHIPPED.items() if name != POLICY})
    publish(quick_installation, MOVED)
    back = proposing.earlier(quick_installation.database, first)
    assert [each.name for each in back.compared] == ["onboarding"]
    publish(quick_installation, back.texts, Warrant(None, first))
    assert published(quick_installation) == SHIPPED
    second = proposing.earlier(quick_installation.database, first + 1)
    assert [(each.name, each.before, each.after) for each in second.compared] == [("second", None, f"revision {first + 1}")]


def test_what_was_published_before_acts_were_kept_can_be_gone_back_to(quick_installation: Installation) -> None:
    """An older version stored no revision with what it published."""
    with quick_installation.database.write() as session:
        session.execute(update(table(PublicationRow)).values(revision=None))
    before = published(quick_installation)
    publish(quick_installation, SHIPPED)
    back = proposing.earlier(quick_installation.database, None)
    assert (back.revision, back.texts) == (0, before)


def test_there_must_be_something_to_go_back_to(quick_installation: Installation) -> None:
    with pytest.raises(NothingBefore, match="nothing was published before"):
        proposing.earlier(quick_installation.database, None)
    with pytest.raises(NothingBefore, match="nothing was published as revision 77"):
        proposing.earlier(quick_installation.database, 77)


def test_going_back_says_what_changes_in_the_words_of_the_diff(quick_installation: Installation) -> None:
    first = publish(quick_installation, SHIPPED).revision
    publish(quick_installation, MOVED)
    (compared,) = proposing.earlier(quick_installation.database, None).compared
    assert compared.after == f"revision {first}"
    assert [each.sentence for each in compared.differences] == ["task-call-them moves from day 27 to day 28"]
