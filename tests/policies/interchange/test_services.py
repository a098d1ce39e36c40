"""A version as a file and back: the same hash, always a draft, and everything unknown told at once."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import LedgerEvent
from policies.governance.parts import PARTS
from policies.governance.queries import version_in_force
from policies.governance.services import submit_version
from policies.governance.snapshots import content_of
from policies.interchange.services import CONTENT_RIGHTS, export_version, import_policy
from policies.models import BusinessUnit, Level, OwnMeasure, PolicyVersion, Region, Role, Runbook, Team, Threshold
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, PortalError, WrongState
from portal.models import User
from tests.factories import policies as make
from tests.factories.full_policies import full_draft
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person("Mia Manager", roles=("manager",))


@shared
def in_force() -> PolicyVersion:
    """A policy with everything that a version can say."""
    return make.approve(full_draft())


def imported(text: str, who: User, now: Any, **more: Any) -> Any:
    return import_policy(text.encode(), actor=who, now=now, reason="Reviewed in the repository", **more)


def test_exporting_then_importing_gives_the_same_content_and_the_same_bytes(in_force: PolicyVersion, manager: User, now: Any) -> None:
    outcome = imported(export_version(in_force), manager, now)
    assert outcome.content_sha256 == in_force.content_sha256
    assert content_hash(content_of(outcome.version)) == in_force.content_sha256
    assert outcome.changes == []
    assert export_version(outcome.version) == export_version(in_force)
    assert submit_version(outcome.version, actor=manager, now=now, accepted="Known").content_sha256 == in_force.content_sha256


def test_every_table_of_a_versions_content_is_written_and_read(in_force: PolicyVersion, manager: User, now: Any) -> None:
    version = imported(export_version(in_force), manager, now).version
    for part in PARTS:
        above = "version" if part.inside is None else f"{part.link}__version"
        rows, old = (part.model._default_manager.filter(**{above: one}).count() for one in (version, in_force))
        assert rows == old > 0
        assert f"policies.add_{part.model._meta.model_name}" in CONTENT_RIGHTS
    assert version.content is None


def test_a_file_is_written_for_people_to_review(in_force: PolicyVersion) -> None:
    text = export_version(in_force)
    assert text.startswith(f"# Content SHA-256 {in_force.content_sha256}\nformat: escalation-policy/1\npolicy: 'Card payments: ")
    assert "scope: service\nservice: card-payments\nresolve_within: 4 h\nsilent_after: 45 min\nrepeats: 2\nlevels:\n" in text
    assert "  - role: Head of payments\n  - team: 'Ledger: nights'\n" in text
    assert "  reminders:\n  - 5 min\n  - 2 min\n  owner: ana\n" in text
    assert "  body: |\n    We are on it.\n\n      - next word at noon: #hope\n" in text


@pytest.mark.parametrize("scope", ["tier", "business_unit", "global"])
def test_policies_of_wider_scopes_go_the_same_way(scope: str, manager: User, now: Any) -> None:
    unit = BusinessUnit.objects.create(name="Cards: retail")
    fields = {"tier": {"tier": 1}, "business_unit": {"business_unit": unit}, "global": {}}[scope]
    version = make.approve(full_draft(make.policy(scope=scope, name="Wide", **fields)))
    text = export_version(version)
    assert imported(text, manager, now, dry_run=True).content_sha256 == version.content_sha256
    wrong = (
        text.replace(f"scope: {scope}", "scope: service\nservice: ledger")
        .replace("\ntier: 1", "")
        .replace("\nbusiness_unit: 'Cards: retail'", "")
    )
    with pytest.raises(InvalidInput, match=r"The policy 'Wide' is for .*, not for the service 'ledger'\."):
        imported(wrong, manager, now)


def test_a_file_of_before_still_says_what_it_said(manager: User, now: Any) -> None:
    """Only levels, thresholds and the service, as files were written when there was nothing else."""
    person("Tom Berg", username="tom")
    make.in_force(make.service("Cards", key="cards"))
    old = """\
# Escalation of Cards v1, approved, content SHA-256 0000
format: escalation-policy/1
policy: Escalation of Cards
service: cards
resolve_within: null
levels:
- number: 1
  name: First line
  kind: functional
  window: 15 min
  backup_after: 5 min
  targets:
  - person: tom
thresholds:
- name: Payments failing
  severity: SEV2
  start_level: 1
  holds_when: all
  conditions:
  - measure: transaction_failure_percent
    comparison: at least
    value: '5'
    window: 10 min
    for_at_least: 0 s
"""
    version = imported(old, manager, now).version
    assert (version.repeats, version.stakeholder_from, version.levels.get().track) == (0, "SEV2", "technical")
    assert version.thresholds.get().criteria.get().value == 5


def test_an_import_is_a_draft_and_changes_nothing_in_force(in_force: PolicyVersion, manager: User, now: Any) -> None:
    outcome = imported(export_version(in_force).replace("1 h 5 s", "30 min"), manager, now)
    version = outcome.version
    assert (version.state, version.number, version.author, version.change_reason) == ("draft", 2, manager, "Reviewed in the repository")
    assert version_in_force(in_force.policy, now + timedelta(days=1)) == in_force
    assert outcome.differences == ["Level 2 window lowered from 1 h 5 s to 30 min."]
    assert {row.history_user for row in Level.history.filter(version_id=version.pk)} == {manager}
    kinds = list(LedgerEvent.objects.order_by("-id").values_list("type", flat=True)[:2])
    assert "policy_version.imported" in kinds


def test_whoever_imports_cannot_approve(in_force: PolicyVersion, now: Any) -> None:
    both = person("Both", roles=("manager", "approver"))
    version = imported(export_version(in_force), both, now).version
    submit_version(version, actor=person("Other", roles=("manager",)), now=now, accepted="Known")
    with pytest.raises(NotAllowed):
        make.approve_version(version, actor=both, now=now, reason="Mine")


def test_a_dry_run_tells_all_and_writes_nothing(in_force: PolicyVersion, manager: User, now: Any) -> None:
    before = (PolicyVersion.objects.count(), Level.history.count(), LedgerEvent.objects.count())
    outcome = imported(export_version(in_force).replace("2500.125", "900"), manager, now, dry_run=True)
    assert outcome.differences == ["0:15: Latency (95th percentile) lowered from 2,500.125 ms to 900 ms."]
    assert outcome.against == in_force
    assert (PolicyVersion.objects.count(), Level.history.count(), LedgerEvent.objects.count()) == before
    assert imported(export_version(in_force), manager, now).version.number == 2


def test_everything_unknown_is_told_at_once(in_force: PolicyVersion, manager: User, now: Any) -> None:
    User.objects.filter(username="123").update(is_active=False)
    text = export_version(in_force).replace("person: tom", "person: tim").replace("service: card-payments", "service: cards")
    for model, field in ((Role, "name"), (Team, "name"), (Region, "name"), (Runbook, "title"), (OwnMeasure, "key")):
        model.objects.update(**{field: f"other_{field}"})
    text = text.replace("Payments: on call", "Nights").replace("service: ledger", "service: book")
    with pytest.raises(InvalidInput) as refused:
        imported(text, manager, now)
    said = "\n".join(refused.value.fields[""])
    for part in (
        "no on-call schedule 'Nights'",
        "person 'tim' is not known",
        "person '123' can no longer sign in",
        "is for the service 'card-payments', not for the service 'cards'",
        "there is no role 'Head of payments'",
        "there is no team 'Ledger: nights'",
        "there is no region 'Iberia'",
        "there is no runbook 'Restart payments'",
        "there is no service 'book'",
        "there is no measure 'orders_waiting'",
    ):
        assert part in said
    assert "line " in said
    assert PolicyVersion.objects.count() == 1


def test_what_the_models_refuse_is_told_with_its_line(in_force: PolicyVersion, manager: User, now: Any) -> None:
    text = (
        export_version(in_force)
        .replace("- es\n", "- Spanish\n")
        .replace("subject: Payments\n", "subject: '{{ no_such_value }}'\n")
        .replace("  label: vip\n", "")
        .replace("  mandate_until: '2099-01-31'\n", "")
    )
    with pytest.raises(InvalidInput) as refused:
        imported(text, manager, now)
    said = "\n".join(refused.value.fields[""])
    for part in (
        "'Spanish' is no language code",
        "message 1, subject: ",
        "'a label' needs the label",
        "A mandate needs an owner and a last day",
    ):
        assert part in said


def test_an_open_draft_is_not_written_over(in_force: PolicyVersion, manager: User, now: Any) -> None:
    make.draft(in_force.policy, author=manager)
    with pytest.raises(WrongState, match="Finish or discard it"):
        imported(export_version(in_force), manager, now)


@pytest.mark.parametrize("role", ["responder", "approver", "auditor", "administrator", "stakeholder"])
def test_without_the_right_nothing_is_imported(in_force: PolicyVersion, role: str, now: Any) -> None:
    with pytest.raises((NotAllowed, NotFound)):
        imported(export_version(in_force), person("Reader", roles=(role,)), now)
    with pytest.raises((NotAllowed, NotFound)):
        imported(export_version(in_force), person("Left", roles=("manager",), is_active=False), now)
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(in_force: PolicyVersion, manager: User, reason: str, now: Any) -> None:
    with pytest.raises(InvalidInput):
        import_policy(export_version(in_force).encode(), actor=manager, now=now, reason=reason)


def test_a_policy_that_is_not_there_is_not_made(in_force: PolicyVersion, manager: User, now: Any) -> None:
    text = export_version(in_force).replace("night", "noon")
    with pytest.raises(NotFound, match="Create it first"):
        imported(text, manager, now)


def test_fields_left_out_mean_what_an_empty_form_means(in_force: PolicyVersion, manager: User, now: Any) -> None:
    head = "format: escalation-policy/1\npolicy: \"Card payments: 'night' & day #1\"\nservice: card-payments\n"
    version = imported(head + "levels: [{number: 1, name: Line, window: 15 min, targets: [{person: tom}]}]\n", manager, now).version
    level = version.levels.get()
    assert (level.kind, level.backup_after, version.resolve_within) == ("functional", Level._meta.get_field("backup_after").default, None)
    assert not Threshold.objects.filter(version=version).exists()


def test_a_draft_is_exported_as_it_stands(in_force: PolicyVersion, manager: User) -> None:
    draft = make.draft(in_force.policy, author=manager)
    Level.objects.filter(version=draft, number=1).update(window=timedelta(minutes=25))
    assert "window: 25 min" in export_version(draft)
    assert "window: 25 min" not in export_version(in_force)


def run(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_commands_write_a_file_and_read_it_back(in_force: PolicyVersion, manager: User, tmp_path: Path) -> None:
    file, name = tmp_path / "policy.yaml", in_force.policy.name
    run("export_policy", name, "--out", str(file))
    assert run("export_policy", name, "--version", "1")[0] == file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace("2500.125", "900"), "utf-8")
    words = (str(file), "--as", manager.username, "--reason", "Faster pages")
    dry, _ = run("import_policy", *words, "--dry-run")
    assert "Against version 1, in force now:\n- 0:15: Latency (95th percentile) lowered" in dry
    assert "Dry run: nothing was written." in dry
    told, _ = run("import_policy", *words)
    assert "v2 is a draft now" in told
    assert in_force.policy.versions.count() == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export_policy", "No such"), "There is no policy 'No such'."),
        (("export_policy", "{name}", "--version", "9"), "has no version 9"),
        (("export_policy", "{name}", "--out", "{folder}"), "cannot be written"),
        (("import_policy", "{folder}/none.yaml", "--as", "{who}", "--reason", "x"), "cannot be read"),
        (("import_policy", "{folder}", "--as", "{who}", "--reason", "x"), "cannot be read"),
        (("import_policy", "{file}", "--as", "nobody", "--reason", "x"), "no person with the user name 'nobody'"),
        (("import_policy", "{file}", "--as", "{who}", "--reason", "x"), "Line 1: the file is not UTF-8 text"),
        (("import_policy", "{file}", "--as", "{who}"), "--reason"),
        (("import_policy", "{file}", "--reason", "x"), "--as"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    in_force: PolicyVersion, manager: User, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xff\xfe")
    filled = [word.format(name=in_force.policy.name, folder=tmp_path, file=file, who=manager.username) for word in words]
    with pytest.raises(CommandError) as refused:
        run(*filled)
    assert said in str(refused.value)
    assert PolicyVersion.objects.count() == 1


def test_a_policy_that_was_never_in_force_is_asked_for_its_version() -> None:
    with pytest.raises(CommandError, match="Name one with --version"):
        run("export_policy", make.draft().policy.name)


def test_a_file_with_nothing_to_alert_is_a_draft_that_cannot_be_submitted(in_force: PolicyVersion, manager: User, now: Any) -> None:
    text = "format: escalation-policy/1\npolicy: \"Card payments: 'night' & day #1\"\nservice: card-payments\nlevels: []\n"
    outcome = imported(text, manager, now)
    assert any(finding.blocking for finding in outcome.findings)
    with pytest.raises(PortalError):
        submit_version(outcome.version, actor=manager, now=now, accepted="Known")
