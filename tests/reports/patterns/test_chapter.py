"""The chapter 'What stands out' and the command: the words, the tables, the machine's part."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reports.document import Chapter
from reports.management.commands import find_patterns
from reports.metrics.population import Population
from reports.packs import reading
from reports.patterns import chapter, measures
from reports.patterns.chapter import told
from reports.patterns.finding import EVERY, found_among
from reports.patterns.pattern import Confidence, Effect, Pattern
from reports.patterns.wording import called, chance_in_words, sure_in_words
from tests.reports.patterns.made_up import quarter, slower


@pytest.fixture(scope="module")
def found() -> tuple[Pattern, ...]:
    seen = quarter(1)
    team = seen.names["team"].codes == seen.names["team"].words.index("Team 03")
    return found_among(slower(seen, team[seen.run_of[seen.escalations.visits.run]], 4))


def test_nothing_found_is_told_too() -> None:
    empty = told(())
    assert [section.title for section in empty.sections] == ["What stands out"]
    assert empty.sections[0].paragraphs[0].startswith("Nothing stands out")
    assert (empty.sections[0].tables, empty.content["found"]) == ((), [])


def test_what_is_found_stands_in_words_and_in_tables(found: tuple[Pattern, ...]) -> None:
    whole = told(found)
    (section,) = whole.sections
    patterns, evidence, incidents = section.tables
    assert len(section.paragraphs) == 1 + min(len(found), 5)
    assert [row[1] for row in evidence.rows] == [each.sentence for each in found]
    assert section.paragraphs[1].startswith(f"1. {found[0].headline}. {found[0].sentence}")
    assert [row[0] for row in patterns.rows] == list(range(1, len(found) + 1))
    assert (len(incidents.rows), incidents.on_paper) == (sum(len(each.incidents) for each in found), False)
    assert all(len(row) == len(table.columns) for table in section.tables for row in table.rows)


def test_the_machines_part_is_json_and_defines_what_it_names(found: tuple[Pattern, ...]) -> None:
    whole = told(found)
    again = json.loads(json.dumps(whole.content, allow_nan=False))
    assert [each["key"] for each in again["found"]] == [each.key for each in found]
    assert again["false_discovery_rate"] == 0.05
    assert {f"patterns.{each.measure}" for each in found} <= {definition.name for definition in whole.definitions}


def test_a_sentence_says_how_many_how_much_how_sure_and_against_what(found: tuple[Pattern, ...]) -> None:
    first = found[0]
    for words in ("of the", "others, at the same severities", "95 % interval", "by chance in fewer than 1 of"):
        assert words in first.sentence
    assert first.effect.low <= first.effect.value <= first.effect.high
    assert 0 < first.confidence.chance <= first.confidence.rate < 0.05
    assert first.minutes > 0


def test_every_measure_has_a_definition_and_a_name_of_its_own() -> None:
    assert all(len(measure.of.__doc__ or "") > 40 for measure in EVERY)
    assert len({measure.name for measure in EVERY}) == len(EVERY)
    assert {measure.kind for measure in EVERY} == set(measures.Kind)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (("team", "Network"), "Group Network"),
        (("team", "Group 25"), "Group 25"),
        (("service at night", "payments"), "Payments at night"),
        (("policy", "Card payments v3"), "Policy Card payments v3"),
        (("all", "everything"), "All incidents"),
        (("service", "=cmd|'/c calc'!A1"), "=cmd|'/c calc'!A1"),
        (("service", "two\nlines\x1b[31m"), "Two lines [31m"),
        (("service", "عربي 🔥"), "عربي 🔥"),
        (("service", "x" * 200), "X" + "x" * 78 + "…"),
        (("service", "{0} %s"), "{0} %s"),
        (("service", "\x00"), ""),
    ],
)
def test_parts_are_called_by_their_names(part: tuple[str, str], words: str) -> None:
    assert called(part) == words


def test_chances_are_told_by_quarters() -> None:
    assert chance_in_words(1e-12) == "This or more by chance in fewer than 1 of 1,000,000 quarters."
    assert chance_in_words(0.0005) == "This or more by chance in fewer than 1 of 1,000 quarters."
    assert chance_in_words(0.023) == "This or more by chance in 2.3 of 100 quarters."
    assert [sure_in_words(rate) for rate in (0.0001, 0.005, 0.03)] == ["high", "good", "fair"]


def test_effect_and_confidence_read_as_text() -> None:
    assert str(Effect("pace", 0.5, 0.4, 0.625)) == "0.50 times the pace (0.40 to 0.62)"
    assert str(Effect("difference of shares", 0.2, 0.1, 0.301)) == "20 points more (10 to 30.1)"
    assert str(Effect("seconds longer", 420, -3, 540)) == "7 min longer (0 s to 9 min)"
    assert str(Confidence(0.0001, 0.002, "good")) == "good: this or more by chance in fewer than 1 of 1,000 quarters"


def test_the_pack_asks_for_it() -> None:
    assert chapter.chapter_of in reading.ANALYSES


@pytest.mark.django_db
class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("find_patterns", *arguments, stdout=out)
        return out.getvalue()

    def test_nothing_found_is_said(self) -> None:
        assert self.run("2016Q1") == "Nothing stands out in 2016Q1.\n"
        assert json.loads(self.run("2016Q1", "--json")) == []

    @pytest.mark.parametrize("text", ["2016", "2016Q5", "", "=cmd"])
    def test_no_quarter_is_one_sentence(self, text: str) -> None:
        with pytest.raises(CommandError, match="is not a quarter"):
            self.run(text)

    @pytest.mark.parametrize("text", ["0000Q1", "0001Q1", "1969Q4", "9998Q4", "9999Q4"])
    def test_a_quarter_that_cannot_be_asked_for_is_one_sentence(self, text: str) -> None:
        with pytest.raises(CommandError, match=f"{text} cannot be asked for; choose a quarter from 1970Q1 to "):
            self.run(text)

    def test_the_first_quarter_of_all_has_no_past(self) -> None:
        assert self.run("1970Q1") == "Nothing stands out in 1970Q1.\n"

    def test_a_unit_that_is_not_there_is_one_sentence(self) -> None:
        with pytest.raises(CommandError, match="There is no business unit 'Nobody'"):
            self.run("2016Q1", "--unit", "Nobody")

    def test_findings_are_told_with_their_incidents(self, found: tuple[Pattern, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(find_patterns, "patterns_of", lambda quarter, units: found)
        text = self.run("2016Q1")
        assert text.startswith(f"1. {found[0].headline}\n")
        assert found[0].incidents[0] in text
        assert f"and {found[0].of_incidents - 5:,} more" in text
        assert json.loads(self.run("2016Q1", "--json"))[0]["key"] == found[0].key

    def test_the_chapter_of_an_empty_quarter(self, now: Any) -> None:
        made: Any = chapter.chapter_of(Population(now, now), now)
        assert isinstance(made, Chapter)
        assert made.content["found"] == []
