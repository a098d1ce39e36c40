"""The pack's chapter on feedback, held against counting by hand and against the equations that the intervals solve."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from incidents.feedback.services import leave, withdraw
from incidents.models import Feedback
from policies.models import BusinessUnit
from reports.exports.formats import FORMATS
from reports.metrics.population import Population
from reports.packs import services
from reports.packs.feedback import chapter_of, read
from reports.packs.freezing import freeze
from reports.packs.kept import report_of
from reports.packs.quarters import Quarter
from reports.packs.satisfaction import MEASURES, Answer, Heard, satisfaction, satisfaction_by_service, satisfaction_change
from reports.packs.schema import SCHEMA
from tests.factories.feedback import feedback
from tests.factories.incidents import service
from tests.factories.portal import person
from tests.shared import shared

Z = 1.959963984540054
Q4 = Quarter(2026, 4)
QUARTER = Population(Q4.start, Q4.end)
NOW = datetime(2027, 1, 5, tzinfo=UTC)
END = datetime(2026, 12, 20, tzinfo=UTC)


def said(service: str, *numbers: int | None, kind: str = "customer", here: bool = True, outcome: str = "waiting") -> list[Answer]:
    return [Answer(kind, hash(service), service, number, outcome, here) for number in numbers]


def slowly_wilson(good: int, of: int) -> tuple[float, float]:
    """The two shares from which what was counted lies just Z standard errors away, found by halving."""
    share = good / of

    def is_near(other: float) -> bool:
        return abs(share - other) <= Z * sqrt(other * (1 - other) / of)

    def border(far: float) -> float:
        near = share
        for _ in range(200):
            middle = (near + far) / 2
            near, far = (middle, far) if is_near(middle) else (near, middle)
        return near

    return border(0.0), border(1.0)


@pytest.mark.parametrize(("good", "of"), [(3, 5), (0, 7), (7, 7), (14, 18), (331, 412)])
def test_the_share_and_its_interval_are_those_of_the_equation(good: int, of: int) -> None:
    numbers = [4 + place % 2 for place in range(good)] + [1 + place % 3 for place in range(of - good)]
    found = satisfaction(Heard(said("Cards", *numbers)))["customer"]
    low, high = slowly_wilson(good, of)
    assert found["share"] == pytest.approx(100 * good / of, abs=0.001)
    assert found["low"] == pytest.approx(100 * low, abs=0.001)
    assert found["high"] == pytest.approx(100 * high, abs=0.001)
    assert found["mean"] == pytest.approx(sum(numbers) / of, abs=0.001)
    assert found["numbers"] == {str(each): numbers.count(each) for each in range(1, 6)}


@pytest.mark.parametrize(
    ("now", "before", "shown"), [((18, 20), (5, 20), "higher"), ((5, 20), (18, 20), "lower"), ((4, 5), (3, 5), "neither")]
)
def test_a_difference_is_shown_only_where_its_interval_leaves_out_nothing(
    now: tuple[int, int], before: tuple[int, int], shown: str
) -> None:
    (good, of), (good_before, of_before) = now, before
    given = Heard(said("Cards", *[5] * good, *[1] * (of - good)), said("Cards", *[5] * good_before, *[1] * (of_before - good_before)))
    found = satisfaction_change(given)["customer"]
    (low, high), (low_before, high_before) = slowly_wilson(good, of), slowly_wilson(good_before, of_before)
    difference = good / of - good_before / of_before
    least = difference - sqrt((good / of - low) ** 2 + (high_before - good_before / of_before) ** 2)
    most = difference + sqrt((high - good / of) ** 2 + (good_before / of_before - low_before) ** 2)
    assert found["difference"] == pytest.approx(100 * difference, abs=0.001)
    assert (found["low"], found["high"]) == (pytest.approx(100 * least, abs=0.001), pytest.approx(100 * most, abs=0.001))
    assert found["shown"] == shown


def test_fewer_than_five_answers_with_a_number_are_not_told() -> None:
    given = Heard(said("Cards", 1, 1, 5, 5, None), said("Cards", *[5] * 9))
    assert satisfaction(given)["customer"] is None
    assert satisfaction_change(given)["customer"] is None
    assert satisfaction_by_service(given) == []


def test_kinds_are_never_added_up() -> None:
    given = Heard([*said("Cards", 1, 2, 3), *said("Cards", 4, 5, kind="team"), *said("Cards", 5, 5, 5, 5, 1, kind="stakeholder")])
    found = satisfaction(given)
    assert (found["customer"], found["team"], found["stakeholder"]["share"]) == (None, None, 80.0)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"A": 9, "B": 6, "C": 5}, {"A": 9, "B": 6, "C": 5}),
        ({"A": 9, "B": 4, "C": 1}, {"A": 9, "other services": 5}),
        # One left over would come out by subtraction: the smallest told one joins it.
        ({"A": 9, "B": 6, "C": 1}, {"A": 9, "other services": 7}),
        ({"A": 9, "B": 1}, {}),
        ({"A": 4, "B": 4}, {}),
        ({"A": 5}, {"A": 5}),
        ({}, {}),
    ],
)
def test_no_service_of_a_few_answers_comes_out_by_subtraction(answers: dict[str, int], told: dict[str, int]) -> None:
    given = Heard([each for name, many in answers.items() for each in said(name, *[4] * many)])
    found = {row["service"]: row["with_number"] for row in satisfaction_by_service(given)}
    assert found == told
    assert not found or sum(found.values()) == sum(answers.values())
    assert all(many >= 5 for many in found.values())


def test_a_report_on_units_tells_its_services_among_those_of_the_whole() -> None:
    answers = [*said("A", *[5] * 6), *said("B", 1, 1, here=True), *said("C", *[3] * 7, here=False), *said("D", 2, 2, 5, here=False)]
    teams = said("A", *[5] * 8, kind="team")
    given = Heard([*answers, *teams], said("A", *[1] * 6), whole=False)
    assert [(row["service"], row["with_number"]) for row in satisfaction_by_service(given)] == [("A", 6)]
    assert satisfaction(given)["customer"]["with_number"] == 6
    assert satisfaction(given)["team"] is None
    assert satisfaction_change(given)["customer"]["shown"] == "higher"
    assert satisfaction_change(given)["team"] is None
    whole = {row["service"]: row["with_number"] for row in satisfaction_by_service(Heard([*answers, *teams]))}
    assert whole == {"A": 6, "C": 7, "other services": 5}


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.manager = person("Mia Manager", roles=("manager",))
            self.unit = BusinessUnit.objects.create(name="Payments")
            self.cards, self.loans = service("Card payments", business_unit=self.unit), service("Loans")

        def heard(self, *numbers: int | None, day: date = date(2026, 11, 19), **fields: Any) -> list[Feedback]:
            given = {"service": self.cards, "given_on": day, "text": "Mrs Zyxwva waited"} | fields
            return [feedback(NOW, satisfaction=number, **given) for number in numbers]

        def action(self, about: Feedback, state: str) -> None:
            """As a review agrees it."""
            from reports.models import QuarterlyAction, QuarterlyReview

            review = QuarterlyReview.objects.first() or QuarterlyReview.objects.create(
                quarter="2026Q4", number=1, state="preparing", opened_at=NOW, due_at=NOW, known_until=NOW, figures={}, beside={}, units=[]
            )
            ended = {} if state == "open" else {"settled_at": NOW, "settled_by": self.manager, "outcome": "It stands."}
            QuarterlyAction.objects.create(
                review=review, feedback=about, title="Call back", owner=self.manager, due_on=NOW.date(), state=state, made_by=self.manager,
                made_at=NOW, **ended,
            )  # fmt: skip

    return Scene()


@pytest.mark.django_db
def test_each_figure_counts_what_its_definition_says(scene: Any) -> None:
    first, second, third, *_ = scene.heard(5, 4, 1, 2, 5, 4, None)
    scene.heard(3, None, giver="team")
    scene.heard(1, day=date(2026, 9, 30))
    scene.heard(1, day=date(2027, 1, 1))
    scene.heard(2, day=date(2026, 10, 1))
    scene.heard(2, day=date(2026, 12, 31))
    withdraw(third, actor=scene.manager, now=NOW, reason="Twice.")
    leave(second, actor=scene.manager, now=NOW, reason="Praise.")
    Feedback.objects.filter(pk=first.pk).update(outcome="action", settlement="An action.")
    for state in ("open", "done", "done"):
        scene.action(first, state)
    found = chapter_of(QUARTER, END).content
    rows = [row for row in Feedback.objects.all() if date(2026, 10, 1) <= row.given_on <= date(2026, 12, 31)]
    counting = [row for row in rows if row.withdrawn_at is None]
    slowly = Counter((row.giver, row.satisfaction is not None) for row in counting)
    assert found["feedback_given"] == {
        "customer": {"answers": slowly["customer", True] + slowly["customer", False], "with_number": slowly["customer", True]},
        "team": {"answers": 2, "with_number": 1},
        "stakeholder": {"answers": 0, "with_number": 0},
        "withdrawn": 1,
    }
    numbers = [row.satisfaction for row in counting if row.giver == "customer" and row.satisfaction is not None]
    assert found["satisfaction"]["customer"]["share"] == round(100 * sum(each > 3 for each in numbers) / len(numbers), 3)
    assert found["satisfaction"]["team"] is None
    assert found["satisfaction_by_service"][0]["service"] == "Card payments"
    assert found["feedback_followed"] == {
        "waiting": 8,
        "became_actions": 1,
        "nothing_to_do": 1,
        "actions_done": 2,
        "actions_open": 1,
        "actions_cancelled": 0,
    }


@pytest.mark.django_db
def test_the_quarter_before_is_read_beside(scene: Any) -> None:
    scene.heard(*[5] * 20)
    scene.heard(*[1] * 20, day=date(2026, 7, 1))
    scene.heard(*[5] * 20, day=date(2026, 6, 30))
    assert chapter_of(QUARTER, END).content["satisfaction_change"]["customer"]["share_before"] == 0.0
    assert "higher than 0 % in the quarter before" in chapter_of(QUARTER, END).summary[0]


@pytest.mark.django_db
def test_without_feedback_there_is_no_such_chapter(scene: Any) -> None:
    withdraw(scene.heard(5)[0], actor=scene.manager, now=NOW, reason="Twice.")
    scene.heard(*[1] * 6, day=date(2026, 9, 30))
    empty = chapter_of(QUARTER, END)
    assert (empty.sections, empty.content, empty.definitions) == ((), {}, ())


@pytest.mark.django_db
def test_a_unit_has_the_answers_about_its_services(scene: Any) -> None:
    scene.heard(*[5] * 6)
    scene.heard(*[1] * 6, service=scene.loans)
    of_unit = chapter_of(Population(Q4.start, Q4.end, (scene.unit.pk,)), END).content
    assert of_unit["feedback_given"]["customer"]["answers"] == 6
    assert of_unit["satisfaction"]["customer"]["share"] == 100.0
    assert chapter_of(Population(Q4.start, Q4.end, (987_654,)), END).sections == ()


@pytest.mark.django_db
def test_it_takes_two_questions_however_many_there_are(scene: Any, django_assert_num_queries: Any) -> None:
    scene.heard(1, 2, 3, 4, 5, None)
    with django_assert_num_queries(2):
        read(QUARTER)


@pytest.mark.django_db
def test_every_format_has_it_without_a_word_that_was_said_and_it_stays_as_it_was_frozen(scene: Any, tmp_path: Path) -> None:
    made = scene.heard(5, 4, 1, 2, 5, 4)
    frozen = freeze(Q4, None, actor=None, now=NOW)
    for each in made[:3]:
        withdraw(each, actor=scene.manager, now=NOW, reason="Twice.")
    document = report_of(frozen)
    assert document.content["feedback"]["satisfaction"]["customer"]["with_number"] == 6
    assert "satisfaction" in {each.name for each in document.definitions}
    assert {function.__name__ for function, _, _ in MEASURES} <= {each.name for each in document.definitions}
    paths = services.written(tuple(FORMATS), document, tmp_path, lambda step: None)
    told = {path.name: path.read_bytes() for path in paths}
    assert not [name for name, content in told.items() if b"Zyxwva" in content]
    [plain] = [json.loads(content) for name, content in told.items() if name.endswith(".json")]
    assert plain["feedback"]["satisfaction"]["customer"]["share"] == 66.667
    assert [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(plain)] == []
    assert {"satisfaction", "satisfaction_by_service", "feedback_followed"} <= plain["tables"].keys()
