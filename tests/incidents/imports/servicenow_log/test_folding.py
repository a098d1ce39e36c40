"""The incident that records tell of, its timeline, and what contradicts itself."""

from incidents.imports.drafts import IncidentDraft, Record
from incidents.imports.servicenow_log.folding import fold
from tests.incidents.imports.logs import record, when


def draft_of(*records: Record) -> IncidentDraft:
    draft = fold(records).draft
    assert draft is not None
    return draft


def rules_of(*records: Record) -> list[str]:
    return [found.rule for found in fold(records).contradictions]


def groups_of(*names: str) -> list[dict[str, str]]:
    records = [record(f"1/2/2016 09:{minute:02}", assignment_group=name, sys_mod_count=str(minute)) for minute, name in enumerate(names)]
    return [entry.data for entry in draft_of(*records).story if entry.kind == "assigned"]


def test_the_values_are_those_of_the_last_record_even_where_it_does_not_know() -> None:
    draft = draft_of(
        record("1/2/2016 09:00", category="Payments", caller_id="Ana Ruiz"),
        record("1/2/2016 10:00", category="?", caller_id="Tom Berg", resolved_at="1/2/2016 09:55", incident_state="Resolved"),
    )
    assert (draft.service, draft.caller, draft.state, draft.resolved_at) == ("", "Tom Berg", "resolved", when("1/2/2016 09:55"))


def test_sla_and_opening_time_are_those_of_the_last_record_that_knows() -> None:
    draft = draft_of(record("1/2/2016 09:00", made_sla="false"), record("1/2/2016 10:00", made_sla="?", opened_at="?"))
    assert (draft.made_sla, draft.opened_at) == (False, when("1/2/2016 08:00"))


def test_without_any_opening_time_there_is_no_incident() -> None:
    folded = fold([record("1/2/2016 09:00", opened_at="?"), record("1/2/2016 10:00", opened_at="soon")])
    assert (folded.draft, folded.reason) == (None, "no record of this incident has a usable opened_at")


def test_it_is_acknowledged_by_the_earliest_record_that_is_not_new() -> None:
    draft = draft_of(
        record("1/2/2016 09:00"),
        record("1/2/2016 09:30", incident_state="Awaiting User Info", sys_updated_by="Lee Wong"),
        record("1/2/2016 10:00", incident_state="New"),
    )
    assert (draft.acknowledged_at, draft.acknowledged_by) == (when("1/2/2016 09:30"), "Lee Wong")
    assert draft_of(record("1/2/2016 09:00")).acknowledged_at is None


def test_problems_and_changes_are_those_of_any_record() -> None:
    mentions = draft_of(
        record("1/2/2016 09:00", problem_id="PRB1", rfc="CHG1"), record("1/2/2016 10:00", problem_id="?", rfc="CHG2", caused_by="CHG3")
    ).mentions
    assert (mentions.problems, mentions.resolving_changes, mentions.causing_changes) == (("PRB1",), ("CHG1", "CHG2"), ("CHG3",))


def test_waiting_is_on_hold_with_the_reason_in_the_source_s_words() -> None:
    draft = draft_of(record("1/2/2016 09:00", incident_state="Awaiting Vendor"))
    assert (draft.state, draft.hold_reason, draft.story[1].text) == ("on_hold", "Awaiting Vendor", "On hold: awaiting Vendor.")


def test_a_functional_escalation_leads_from_the_last_known_group_across_unknown_ones() -> None:
    assert groups_of("Desk", "?", "?", "Network", "Network", "Desk") == [
        {"from": "", "to": "Desk"},
        {"from": "Desk", "to": "Network"},
        {"from": "Network", "to": "Desk"},
    ]
    assert groups_of("?", "Desk", "?", "Desk") == [{"from": "", "to": "Desk"}]


def test_a_new_person_in_the_same_group_is_no_functional_escalation() -> None:
    draft = draft_of(record("1/2/2016 09:00", assigned_to="Ana Ruiz"), record("1/2/2016 10:00", assigned_to="Tom Berg"))
    assert draft.story[-1].data == {"from_person": "Ana Ruiz", "to_person": "Tom Berg"}
    assert draft.story[-1].text == "Assigned to Tom Berg."


def test_the_story_reads_from_opening_to_closing() -> None:
    draft = draft_of(
        record("1/2/2016 08:05"),
        record("1/2/2016 08:10", incident_state="Active", assigned_to="Lee Wong"),
        record("1/2/2016 08:20", incident_state="Active", assigned_to="Lee Wong", impact="1 - High", priority="2 - High", rfc="CHG1"),
        record("1/2/2016 08:40", incident_state="Resolved", made_sla="false", impact="1 - High", priority="2 - High", closed_code="code 5"),
        record("1/2/2016 08:50", incident_state="Active", made_sla="false", impact="1 - High", priority="2 - High", reopen_count="1"),
    )
    assert [(entry.kind, entry.text) for entry in draft.story] == [
        ("opened", "Opened for Payments, Gateway, P3 moderate (impact medium, urgency medium)."),
        ("assigned", "Assigned to Desk."),
        ("state", "In progress."),
        ("assigned", "Assigned to Lee Wong."),
        ("graded", "Graded P2 high (impact high, urgency medium); before, P3 moderate (impact medium, urgency medium)."),
        ("link", "Change CHG1 requested to resolve it."),
        ("state", "Resolved."),
        ("note", "Missed its SLA."),
        ("state", "Reopened, in progress."),
    ]
    assert (draft.story[0].at, draft.story[0].who) == (when("1/2/2016 08:00"), "Tom Berg")
    assert (draft.story[2].at, draft.story[2].who) == (when("1/2/2016 08:10"), "Ida Holm")


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    draft = draft_of(record("1/2/2016 09:00", category="=cmd|' /C calc'!A0", u_symptom="+1"))
    assert (draft.service, draft.title) == ("=cmd|' /C calc'!A0", "+1, =cmd|' /C calc'!A0, Gateway")


def test_a_long_title_is_cut_visibly() -> None:
    assert draft_of(record("1/2/2016 09:00", u_symptom="x" * 500)).title == "x" * 199 + "…"


def test_figures_that_cannot_both_be_right_are_named() -> None:
    closed = {"incident_state": "Closed", "active": "false"}
    assert rules_of(record("1/2/2016 09:00", **closed, resolved_at="1/2/2016 07:00", closed_at="1/2/2016 06:00")) == [
        "resolved before opened",
        "closed before resolved",
        "closed before opened",
    ]
    assert rules_of(record("1/2/2016 09:00", **closed)) == ["ended without a resolution time"]
    assert rules_of(record("1/2/2016 09:00", incident_state="Closed", resolved_at="1/2/2016 08:30")) == ["closed but active"]
    assert rules_of(record("1/2/2016 09:00", active="false")) == ["inactive but not closed"]
    assert rules_of(record("1/2/2016 07:00")) == ["updated before opened"]
    assert rules_of(record("1/2/2016 09:00", sys_created_at="1/2/2016 07:00")) == ["recorded before opened"]
    assert rules_of(record("1/2/2016 09:00", resolved_at="1/2/2016 08:30")) == ["resolution time without resolution"]


def test_figures_that_contradict_the_record_before_are_named() -> None:
    before = record("1/2/2016 09:00", reassignment_count="3", reopen_count="2", sys_mod_count="5", made_sla="false")
    after = record("1/2/2016 09:30", line=7, reassignment_count="1", reopen_count="1", sys_mod_count="4", opened_at="1/2/2016 08:01")
    found = fold([before, after]).contradictions
    assert [item.rule for item in found] == [
        "reassignment_count went down",
        "reopen_count went down",
        "sys_mod_count went down",
        "SLA missed, then met",
        "opening time changed",
    ]
    assert {item.line for item in found} == {7}
    closed = record("1/2/2016 09:00", incident_state="Closed", active="false")
    assert rules_of(closed, record("1/2/2016 09:30")) == ["closed, then not, without a reopening"]
    assert rules_of(closed, record("1/2/2016 09:30", reopen_count="1")) == []


def test_only_what_a_record_of_this_file_takes_part_in_is_told() -> None:
    known = [record("1/2/2016 09:00", line=0, reopen_count="2"), record("1/2/2016 09:10", line=0, reopen_count="1")]
    assert rules_of(*known, record("1/2/2016 09:20", reopen_count="1")) == []
