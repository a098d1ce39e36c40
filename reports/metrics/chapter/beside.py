"""Hand-offs, messages, contact data, drills and error budgets, told."""

from typing import Any

from portal.foundation.words import counted
from reports.document import Cell, Column, Kind, Section, Table, duration_in_words, number_in_words
from reports.metrics import beside_definitions as definitions
from reports.metrics.incidents import DIMENSIONS, NONE_RECORDED

from .facts import Facts

_COUNT, _SHARE, _TIME, _NUMBER = Kind.INTEGER, Kind.PERCENT, Kind.DURATION, Kind.NUMBER
CHANNEL_NAMES = {
    "sms": "Text message", "voice": "Telephone call", "apprise": "Push or chat", "slack": "Slack", "teams": "Microsoft Teams", "webhook": "Webhook",
    "email": "E-mail",
}  # fmt: skip
SIGNED = ("asked", "by_engine", "accepted", "refused", "unsigned", "waived", "withdrawn", "share_accepted")
NO_OBJECTIVES = (
    "The portal holds no service-level objectives of its own: what is told here rests on the burn rates that monitoring reported. Services "
    "without a reading are not listed."
)


def content_of(facts: Facts) -> dict[str, Any]:
    messages = facts.messages
    used = {name: messages.where(messages.channel == place) for place, name in enumerate(messages.channels)}
    return {
        "hand_offs": definitions.hand_offs(facts.hand_offs) | {"time_to_sign": definitions.time_to_sign(facts.hand_offs)},
        "messages": definitions.deliveries(messages)
        | {"time_to_receive": definitions.time_to_receive(messages)}
        | {"by_channel": {name: definitions.time_to_receive(part) for name, part in used.items() if len(part.state)}},
        "drills": definitions.drills(facts.drills, facts.start, facts.end),
        "contact_data": definitions.contact_data(facts.ways),
        "error_budgets": {budget.service: definitions.error_budgets(budget) for budget in facts.budgets},
    }


def told_of(told: dict[str, Any]) -> tuple[definitions.Measure, ...]:
    """The measures that a section tells of: a definition of what is not there would only puzzle."""
    there = {
        definitions.hand_offs: told["hand_offs"]["asked"], definitions.time_to_sign: told["hand_offs"]["asked"],
        definitions.deliveries: told["messages"]["sent"], definitions.time_to_receive: told["messages"]["sent"],
        definitions.drills: any(told["drills"].values()), definitions.contact_data: told["contact_data"]["people"],
        definitions.error_budgets: told["error_budgets"],
    }  # fmt: skip
    return tuple(measure for measure in definitions.MEASURES if there[measure[0]])


def sections_of(facts: Facts, told: dict[str, Any]) -> tuple[Section, ...]:
    found = (
        _hand_offs(facts, told["hand_offs"]) if told["hand_offs"]["asked"] else None,
        _messages(told["messages"]) if told["messages"]["sent"] else None,
        _contacts(told["contact_data"]) if told["contact_data"]["people"] else None,
        _drills(told["drills"]) if any(told["drills"].values()) else None,
        _budgets(told["error_budgets"]) if told["error_budgets"] else None,
    )
    return tuple(section for section in found if section is not None)


def _none_or(number: int) -> str:
    return number_in_words(number) if number else "none"


def _hand_offs(facts: Facts, told: dict[str, Any]) -> Section:
    words = (
        f"{counted(told['asked'], 'hand-off')}, {_none_or(told['by_engine'])} of them by an escalation; "
        f"{_none_or(told['accepted'])} signed by both sides, {_none_or(told['unsigned'])} without a signature that is owed."
    )
    columns = (
        Column("team", DIMENSIONS["team"]),
        *(Column(name, title, _COUNT) for name, title in zip(SIGNED[:-1], ("Asked", "By an escalation", "Accepted", "Refused", "Unsigned", "Waived", "Withdrawn"), strict=True)),
        Column("share_accepted", "Accepted", _SHARE),
        Column("p50", "Median to sign", _TIME),
        Column("p50_with_open", "With the unsigned", _TIME),
        Column("p90", "90 % within", _TIME),
    )  # fmt: skip
    teams = facts.incidents.codes("team")[facts.incidents.rows_of(facts.hand_offs.incident)]
    named = sorted((facts.incidents.name_of("team", code), code) for code in set(teams.tolist()))
    rows: list[tuple[Cell, ...]] = []
    for name, code in named:
        part = facts.hand_offs.where(teams == code)
        signed, times = definitions.hand_offs(part), definitions.time_to_sign(part)
        rows.append((name or NONE_RECORDED, *(signed[key] for key in SIGNED), *(times[key] for key in ("p50", "p50_with_open", "p90"))))
    table = Table("hand_offs_by_team", "Hand-offs, by assignment group", "Of every track.", columns, tuple(rows))
    return Section("hand_offs", "Hand-offs", paragraphs=(words,), tables=(table,))


def _messages(told: dict[str, Any]) -> Section:
    times = told["time_to_receive"]
    words = [
        f"Escalations sent {counted(told['sent'], 'message')}: {_none_or(told['delivered'])} arrived, {_none_or(told['failed'])} failed on every "
        f"way, {_none_or(told['fell_back'])} needed another way than the first, and {_none_or(told['taken_back'])} "
        f"{'was' if told['taken_back'] == 1 else 'were'} taken back because they were no longer needed."
    ]
    if times["p95"] is not None:
        words.append(f"95 % of those delivered were received within {duration_in_words(times['p95'])} of the decision.")
    columns = (
        Column("channel", "Channel"), Column("received", "Received", _COUNT), Column("mean", "Mean", _TIME), Column("p50", "Median", _TIME),
        Column("p90", "90 % within", _TIME), Column("p95", "95 % within", _TIME),
    )  # fmt: skip
    rows = tuple(
        (CHANNEL_NAMES.get(name, name), *(part[key] for key in ("count", "mean", "p50", "p90", "p95")))
        for name, part in told["by_channel"].items()
    )
    text = "From the decision to alert to the receipt; where a channel reports no receipt, to its taking the message."
    table = Table("delivery_by_channel", "Delivery, by channel", text, columns, rows, whole=True)
    return Section("delivery", "Delivery of alerts", paragraphs=(" ".join(words),), tables=(table,))


def _contacts(told: dict[str, Any]) -> Section:
    words = (
        f"{counted(told['people'], 'person stands', 'people stand')} on the levels of the policies in force. {_none_or(told['reached']).capitalize()} "
        f"of them can be reached by a way that carries alerts; {_none_or(told['verified'])} ({number_in_words(told['share_verified'])} %) have "
        "answered from such a way, which proves that it works."
    )
    return Section("contact_data", "Contact data", paragraphs=(words,))


def _drills(told: dict[str, Any]) -> Section:
    words = (
        f"{counted(told['done'], 'drill')} done, {number_in_words(told['passed'])} of them without a finding, "
        f"{number_in_words(told['called_off'])} called off. {number_in_words(told['due'])} fell due, of which {number_in_words(told['missed'])} "
        f"were not followed by another. {counted(told['findings'], 'finding')}, {number_in_words(told['findings_done'])} put right, "
        f"{number_in_words(told['findings_overdue'])} overdue. Drills are in no other figure."
    )
    return Section("drills", "Drills", paragraphs=(words,))


def _budgets(told: dict[str, Any]) -> Section:
    columns = (
        Column("service", "Service"), Column("readings", "Readings", _COUNT), Column("highest", "Highest burn rate", _NUMBER),
        Column("above_1", "Above 1", _COUNT), Column("share_above_1", "Share", _SHARE), Column("limit", "Threshold", _NUMBER),
        Column("above_limit", "At or above it", _COUNT), Column("incidents", "Incidents opened", _COUNT), Column("escalations", "Escalations", _COUNT),
    )  # fmt: skip
    rows = tuple((service, *(of[column.key] for column in columns[1:])) for service, of in told.items())
    text = "How many times faster than allowed the error budget was spent, beside the incidents and technical escalations of the service."
    table = Table("error_budgets", "Error budgets and escalations", text, columns, rows)
    return Section("error_budgets", "Error budgets", paragraphs=(NO_OBJECTIVES,), tables=(table,))
