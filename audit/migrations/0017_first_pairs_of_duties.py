"""The first table of duties that must not meet: what every organisation keeps apart here. Compliance changes it from then on."""

from typing import Any

from django.db import migrations

APPROVE, SUBMIT = ("policies.approve_policyversion", "approve policy changes"), ("policies.submit_policyversion", "submit policy changes")
AT_ONCE = ("policies.publish_at_once_policyversion", "publish a policy change at once")
AFTERWARDS = ("policies.review_urgentpublication", "review what was published at once")
ACCOUNTS = ("portal.change_user", "change accounts and give roles")
ASK, LET_GO = ("audit.ask_removal", "ask that entries leave the trail"), ("audit.approve_removal", "approve that entries leave the trail")
HOLD, LIFT = ("audit.place_legalhold", "place legal holds"), ("audit.lift_legalhold", "lift legal holds")
PERIOD = ("audit.change_retentionperiod", "change how long the trail is kept")
TABLE, COVER = ("audit.change_dutypair", "change this table"), ("audit.cover_dutyfinding", "let duties pass that must not meet")
WORK, MANDATES = (
    ("incidents.acknowledge_incident", "work incidents"),
    ("incidents.review_mandateuse", "review the mandates used in incidents"),
)

# One right, the other, reach, severity, why, source, events of one, events of the other.
PAIRS = (
    (
        *(("*", "be a superuser"), ("*", "anything else"), "everywhere", "high"),
        "A superuser may do nearly everything, so no duty is kept apart from another in them. They are for setting up and for emergencies.",
        *("NIST SP 800-53 AC-6(5)", "", ""),
    ),
    (
        *(SUBMIT, APPROVE, "object", "high"),
        "Nobody approves their own change: what decides whom an incident wakes is looked at by a second person.",
        *("NIST SP 800-53 AC-5", "policy_version.submitted", "policy_version.approved, policy_version.partly_approved"),
    ),
    (
        *(AT_ONCE, AFTERWARDS, "object", "high"),
        "What one person put in force without approval is judged by another.",
        *("NIST SP 800-53 AC-5", "policy_version.published_at_once", "policy_version.urgent_reviewed"),
    ),
    (
        *(ASK, LET_GO, "object", "high"),
        "Evidence leaves the trail only when two people want it.",
        *("NIST SP 800-53 AU-9(5)", "retention.pruning_asked, erasure.asked", "retention.pruning_approved, erasure.approved"),
    ),
    (
        *(HOLD, LIFT, "object", "medium"),
        "A hold that its own author could lift would hold nothing against them.",
        *("NIST SP 800-53 AC-5", "hold.placed", "hold.lifted"),
    ),
    (
        *(ACCOUNTS, APPROVE, "everywhere", "high"),
        "Whoever gives roles could make the second pair of eyes out of an account of their own.",
        *("NIST SP 800-53 AC-5", "", ""),
    ),
    (
        *(ACCOUNTS, LET_GO, "everywhere", "high"),
        "Whoever gives rights must not decide what of the record about it goes.",
        *("NIST SP 800-53 AC-5, AU-9(4)", "", ""),
    ),
    (
        *(ACCOUNTS, PERIOD, "everywhere", "medium"),
        "Whoever gives rights must not decide how long the record about it is kept.",
        *("NIST SP 800-53 AU-9(4)", "", ""),
    ),
    (
        *(ACCOUNTS, TABLE, "everywhere", "high"),
        "Whoever gives rights must not write the rules for giving them.",
        *("NIST SP 800-53 AC-5", "", ""),
    ),
    (*(ACCOUNTS, COVER, "everywhere", "high"), "Whoever gives rights must not let pass what they gave.", *("NIST SP 800-53 AC-5", "", "")),
    (
        *(SUBMIT, ASK, "everywhere", "medium"),
        "Whoever changes the rules must not begin the removal of what shows how they changed.",
        *("NIST SP 800-53 AU-9(4)", "", ""),
    ),
    (
        *(WORK, MANDATES, "policy", "medium"),
        "Whoever works the incidents of a service does not judge what was done there on somebody's own authority.",
        *("ISO/IEC 27002 5.3", "", ""),
    ),
)
COLUMNS = ("reach", "severity", "why", "source", "done_a", "done_b")


def add(apps: Any, schema_editor: Any) -> None:
    pairs = apps.get_model("audit", "DutyPair").objects
    for (right_a, words_a), (right_b, words_b), *rest in PAIRS:
        told = {"words_a": words_a, "words_b": words_b, **dict(zip(COLUMNS[1:], rest[1:], strict=True))}
        pairs.get_or_create(right_a=right_a, right_b=right_b, reach=rest[0], defaults=told)


class Migration(migrations.Migration):
    dependencies = [("audit", "0016_duties_and_roles_taken")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
