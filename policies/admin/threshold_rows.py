"""The rows of the list of thresholds: what each says, what is coming, since when and by whom. A fixed number of queries a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from policies.decisions.ruleset import ThresholdRule
from policies.decisions.vocabulary import Severity
from policies.governance.models import PolicyVersion
from policies.governance.standing import Brought, brought, coming, own_measures, thresholds_of
from policies.governance.states import VersionState
from policies.severity.shifts import Shift, shifts
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import written

WAITS = {
    VersionState.DRAFT.value: "Draft",
    VersionState.SUBMITTED.value: "Waiting for approval",
    VersionState.APPROVED.value: "Approved for later",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """What a version that is not in force yet makes of a threshold."""

    version: PolicyVersion
    shifts: tuple[Shift, ...]

    @property
    def badge(self) -> str:
        return WAITS[self.version.state]

    @property
    def who_and_when(self) -> str:
        version = self.version
        if version.state == VersionState.APPROVED.value and version.effective_from is not None:
            return f"from {written(version.effective_from)}"
        return f"by {version.submitted_by or version.author}"


class ThresholdList(ChangeList):
    """A list whose rows know more than their columns."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Whoever sorts by measure wants its values in their order too."""
        order = list(super().get_ordering(request, queryset))
        for place, name in enumerate(order):
            if "first_measure" in str(name):
                value = F("first_value")
                order.insert(place + 1, value.desc() if str(name).startswith("-") else value.asc())
                break
        return order

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        inform(rows, clock.now())
        editor = may(request.user, "policies.change_threshold")
        for row in rows:
            row.editable = editor and row.version_id == row.in_force
        self.result_list = rows


def inform(rows: list[Any], now: datetime) -> None:
    """Gives each threshold `rule`, `pending` (tuple of Pending) and `since` (Brought or None). Twelve queries however many rows."""
    own = own_measures()
    versions = {row.version_id: row.version for row in rows}
    names = {row.name for row in rows}
    current = {key: version for key, version in versions.items() if any(row.in_force == key for row in rows if row.version_id == key)}
    said = thresholds_of(versions, own, names)
    waiting = coming({version.policy_id for version in current.values()}, now)
    told = thresholds_of({version.pk for line in waiting.values() for version in line}, own)
    since = brought(current.values(), names, own)
    for row in rows:
        row.rule = said[row.version_id][row.name]
        in_force = row.version_id in current
        row.pending = pending(row.rule, waiting.get(row.version.policy_id, ()), told) if in_force else ()
        row.since = since.get((row.version_id, row.name)) if in_force else None


def pending(rule: ThresholdRule, waiting: Iterable[PolicyVersion], told: dict[int, dict[str, ThresholdRule]]) -> tuple[Pending, ...]:
    """What each of the `waiting` versions makes of `rule`, each held against the one before it; those that leave it as it is say nothing."""
    found = []
    before: ThresholdRule | None = rule
    for version in waiting:
        after = told.get(version.pk, {}).get(rule.name)
        changes = () if before is None or before == after else shifts(before, after)
        if changes:
            found.append(Pending(version, changes))
        before = after
    return tuple(found)


def keys_with_a_change(rows: QuerySet[Any], states: set[str], now: datetime) -> list[int]:
    """Primary keys of those `rows` that a version in one of `states` changes. Nine queries."""
    own = own_measures()
    policies = set(rows.order_by().values_list("version__policy_id", flat=True))
    waiting = coming(policies, now)
    found = rows.order_by().filter(version__policy__in=list(waiting)).values_list("pk", "version_id", "name", "version__policy_id")
    listed = list(found)
    said = thresholds_of({version for _, version, _, _ in listed}, own)
    told = thresholds_of({version.pk for line in waiting.values() for version in line}, own)
    return [
        key
        for key, version, name, policy in listed
        if any(one.version.state in states for one in pending(said[version][name], waiting[policy], told))
    ]


@lru_cache(maxsize=8)
def severity_mark(severity: str) -> SafeString:
    """The shape and word of a severity."""
    # Trimming makes a plain string of what the template escaped; it is still safe.
    return SafeString(render_to_string("portal/severity.html", {"severity": Severity(severity).value}).strip())


def pending_cell(waiting: Iterable[Pending], address: Any) -> SafeString:
    """Each pending change: its badge with a link to the version, who, and old → new values."""
    return format_html_join(
        "",
        '<div class="thr-pending"><a class="thr-badge thr-{}" href="{}">{}</a> <span class="quiet">{}</span>{}</div>',
        (
            (one.version.state, address(one.version), f"{one.badge}, v{one.version.number}", one.who_and_when, _shifts(one.shifts))
            for one in waiting
        ),
    )


def day_of(at: datetime) -> SafeString:
    """'6 May 2026', in the reader's zone, with the time on hover."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}" title="{}">{} {}</time>', at.isoformat(), written(at), local.day, f"{local:%b %Y}")


def _shifts(changes: Iterable[Shift]) -> SafeString:
    return format_html_join("", '<span class="thr-shift">{}</span>', ((_shift(one),) for one in changes))


def _shift(one: Shift) -> SafeString | str:
    if one.old and one.new:
        return format_html(
            '{}: <s>{}</s> <span aria-hidden="true">→</span><span class="visually-hidden">becomes</span> <b>{}</b>',
            one.what,
            one.old,
            one.new,
        )
    return format_html("{}: <b>{}</b>", one.what, one.new) if one.new else format_html("{} goes: <s>{}</s>", one.what, one.old)


def since_cell(since: Brought | None, address: Any) -> SafeString | str:
    """When a threshold began to say what it says, by whom and who approved it."""
    version = since.version if since is not None else None
    if since is None or version is None or version.effective_from is None:
        return ""
    by = format_html("by {}, approved by {}", version.author, since.approver) if since.approver else format_html("by {}", version.author)
    until = format_html("<br><b>ends by itself on {}</b>", written(version.effective_until)) if version.effective_until else ""
    return format_html(
        '<a href="{}">v{}</a>, {}<br><span class="quiet">{}</span>{}',
        address(version),
        version.number,
        day_of(version.effective_from),
        by,
        until,
    )
