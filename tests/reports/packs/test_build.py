"""The document: what a pack says."""

from datetime import UTC, datetime
from typing import Any

from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from tests.factories.reports import fact, small_quarter
from tests.reports.golden import small_document

Q1 = Quarter(2016, 1)


def test_the_same_facts_give_the_same_document() -> None:
    assert small_document() == small_document()


def test_the_summary_says_the_figures_in_words() -> None:
    words = " ".join(small_document().summary)
    assert "6 incidents were opened in the first quarter of 2016: 1 P1, 1 P2, 2 P3, 1 P5 and 1 unknown." in words
    assert "The first was opened on 1 January 2016, the last on 31 March 2016." in words
    assert "2 (40 %) breached their service-level agreement (SLA); of 1 it is not known." in words
    assert "1 were never acknowledged" not in words
    assert "1 was never acknowledged." in words
    assert "The busiest service was Payments with 4 (66.7 %) of the incidents." in words
    assert "1 duration ends before it begins." in words


def test_a_quarter_of_which_the_data_cover_a_part_is_pointed_out() -> None:
    late = build(Q1, [fact(acknowledged=1, resolved=1)], progress=Progress.OVER, last_event_at=None)
    assert "check whether the data cover all of it" in late.summary[0]
    assert "check whether" not in small_document().summary[0]


def test_of_a_quarter_that_runs_the_summary_says_until_when_and_doubts_no_data_of_days_to_come() -> None:
    def summary(*facts: Any) -> str:
        return build(Q1, list(facts), progress=Progress.RUNNING, last_event_at=None).summary[0]

    until = "The quarter runs until 31 March 2016, so this is not all of it."
    from_the_first = summary(fact(opened_at=datetime(2016, 1, 1, tzinfo=UTC)), fact(opened_at=datetime(2016, 2, 1, tzinfo=UTC)))
    assert from_the_first.endswith(f"the last on 1 February 2016. {until}")
    assert "check whether" not in from_the_first
    assert summary(fact()).endswith(f"Before that it has none: check whether the data begin with it. {until}")
    assert summary() == f"No incident was opened in the first quarter of 2016 so far. {until}"


def test_nothing_of_something_reads_as_a_sentence() -> None:
    quiet = " ".join(build(Q1, [fact(made_sla=True)], progress=Progress.OVER, last_event_at=None).summary)
    assert "None breached their service-level agreement (SLA). None were reopened and none reassigned. No incident was moved" in quiet
    assert "None was acknowledged. 1 was never acknowledged." in quiet


def test_where_no_agreement_is_known_none_is_said_to_be_kept() -> None:
    unknown = build(Q1, [fact(made_sla=None)], progress=Progress.OVER, last_event_at=None)
    assert "Of no incident it is known whether its service-level agreement (SLA) was met." in " ".join(unknown.summary)
    assert ("–", "SLA: not known") in unknown.highlights
    assert next(row for table in unknown.tables if table.key == "priorities" for row in table.rows if row[0] == "P3")[3:5] == (0, None)


def test_an_empty_quarter_gives_an_empty_pack_that_says_so() -> None:
    document = build(Q1, [], progress=Progress.OVER, last_event_at=None)
    assert document.summary == ("No incident was opened in the first quarter of 2016. The pack is complete, and empty.",)
    assert document.content["metrics"]["incidents_opened"] == 0
    assert ("Last event in the data", "none: there are no data") in document.facts


def test_a_quarter_that_is_not_over_says_so_on_its_title_page() -> None:
    running = build(Q1, [], progress=Progress.RUNNING, last_event_at=datetime(2016, 3, 1, tzinfo=UTC))
    assert ("Please note", "The first quarter of 2016 is still running: these figures will change.") in running.facts
    to_come = build(Q1, [], progress=Progress.TO_COME, last_event_at=None)
    assert ("Please note", "The first quarter of 2016 has not begun.") in to_come.facts
    assert not [name for name, _ in small_document().facts if name == "Please note"]


def test_every_figure_of_the_pack_is_defined_in_the_pack() -> None:
    document = small_document()
    assert {*document.content["metrics"], *document.content["coverage"]} == {each.name for each in document.definitions}


def test_tables_add_up_to_the_figures() -> None:
    tables = {table.key: table for table in small_document().tables}
    assert sum(row[1] for row in tables["weeks"].rows) == sum(row[1] for row in tables["services"].rows) == 6  # type: ignore[misc]
    assert sum(row[1] for row in tables["priorities"].rows) == len(tables["incidents"].rows) == len(small_quarter())  # type: ignore[misc]
    assert tables["negative_durations"].rows == (("INC3", "time to resolve", -60.0),)
    assert all(len(row) == len(table.columns) for table in tables.values() for row in table.rows)


def test_figures_have_a_value_a_category() -> None:
    for section in small_document().sections:
        for figure in section.figures:
            assert all(len(series.values) == len(figure.categories) for series in figure.series), figure.key
            assert figure.title
            assert figure.description.endswith(".")
