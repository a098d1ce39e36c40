"""What belongs to what, so that a hold on one thing keeps the story of its parts, too. Pure: names of tables, and SQL made of them."""

# Every constant here becomes SQL.
# ruff: noqa: S608
from collections.abc import Mapping

# Parts by what they belong to, each with its column that says to which. Most of an incident's story is about the incident itself: its
# escalation's steps, its messages and notes. A test holds this to the models.
PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "incidents.incident": (
        ("incidents.changefreeze", "incident_id"),
        ("incidents.feedback", "incident_id"),
        ("incidents.handoff", "incident_id"),
        ("incidents.impactreading", "incident_id"),
        ("incidents.incidentchange", "incident_id"),
        ("incidents.incidentproblem", "incident_id"),
        ("incidents.mandateuse", "incident_id"),
        ("incidents.postmortem", "incident_id"),
        ("incidents.drill", "incident_id"),
    ),
    "incidents.postmortem": (("incidents.postmortemaction", "post_mortem_id"),),
    "incidents.drill": (
        ("incidents.drillfailure", "drill_id"),
        ("incidents.drillpart", "drill_id"),
        ("incidents.drillfinding", "drill_id"),
    ),
    "policies.escalationpolicy": (("policies.policyversion", "policy_id"),),
    "policies.oncallschedule": (
        ("policies.scheduleplan", "schedule_id"),
        ("policies.oncalloverride", "schedule_id"),
        ("policies.dutyswap", "schedule_id"),
    ),
    "portal.user": (("portal.contactpoint", "person_id"),),
}
MESSAGE = "portal.outboxmessage"
# A key that is no number must not stop the question.
NUMBER = {"sqlite": "h.object_pk <> '' AND h.object_pk NOT GLOB '*[^0-9]*'", "postgresql": "h.object_pk ~ '^[0-9]{1,18}$'"}
STANDS = "h.lifted_at IS NULL AND h.object_model <> ''"
OWN = f"SELECT h.id AS hold, h.object_model AS model, h.object_pk AS pk FROM audit_legalhold h WHERE {STANDS}"
# The tables of history know rows that are gone, too.
PART = """
SELECT h.id, '{part}', CAST(x.id AS varchar(40)) FROM audit_legalhold h
JOIN {table} x ON x.{column} = CASE WHEN h.object_model = '{of}' AND {number} THEN CAST(h.object_pk AS bigint) END WHERE {stands}
"""
# SQLite keeps the key of a message without its dashes.
DASHED = " || '-' || ".join(f"substr(x.id, {first}, {length})" for first, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
KEY = {"sqlite": DASHED, "postgresql": "CAST(x.id AS varchar(40))"}
# What a message is about names an incident's other tracks behind its key.
REFERENCES = ("", ":stakeholder", ":compliance")
MESSAGES = """
SELECT h.id, '{message}', {key} FROM audit_legalhold h
JOIN portal_outboxmessage x ON x.subject_ref IN ({references}) WHERE {stands}
"""


def held_things(vendor: str) -> str:
    """SQL: `hold`, `model` and `pk` of what standing holds are on, but those on everything: the things themselves, and their parts."""
    parts = [
        PART.format(part=part, table=past(part), column=column, of=of, number=NUMBER[vendor], stands=STANDS)
        for of, some in PARTS.items()
        for part, column in some
    ]
    references = ", ".join(f"h.object_model || ':' || h.object_pk || '{track}'" for track in REFERENCES)
    messages = MESSAGES.format(message=MESSAGE, key=KEY[vendor], references=references, stands=STANDS)
    return "(" + " UNION ".join([OWN, *parts, messages]) + ")"


def names(event: str, held: str = "held") -> str:
    """SQL: whether the row `event` of the trail is about the row `held` of `held_things`, or tells that it was changed.

    Both stand in the record in the same words, for its keys are in the order of the alphabet.
    """
    return f'{event}.payload LIKE \'%"model":"\' || {held}.model || \'","pk":"\' || {held}.pk || \'"%\''


def past(label: str) -> str:
    """The table of every row of a model that ever was."""
    app, _, model = label.partition(".")
    return f"{app}_historical{model}"
