"""The form of a draft: its own fields, the matrix, and the sections that stand under each other in three groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import Fieldset
from django.http import HttpRequest, QueryDict

from policies.decisions.vocabulary import Scale
from portal.foundation.adminkit.bases import RefusableForm

from .level_forms import ComplianceSection, SeverityOverrideSection, StakeholderSection, TechnicalSection
from .matrix import CELLS, cell_fields, cells_of, refuse_a_part
from .message_forms import AnnouncementSection, MessageSection
from .rows import TableSection
from .severity_forms import BusinessSection, ExceptionSection, ThresholdSection
from .zoned import ZonedMoment

INLINES = (
    *(TechnicalSection, SeverityOverrideSection, StakeholderSection, ComplianceSection),
    *(ThresholdSection, BusinessSection, ExceptionSection, MessageSection, AnnouncementSection),
)
# The form's own fields that stand in a section, and not above all of them.
INSIDE: dict[str, tuple[str, ...]] = {
    "technical": ("resolve_within", "silent_after", "repeats"),
    "stakeholder": ("stakeholder_from",),
    "matrix": tuple(CELLS),
}
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Who is alerted when", ("technical", "severities", "stakeholder", "compliance")),
    ("How bad it is", ("thresholds", "business", "matrix", "exceptions")),
    ("What is said", ("messages", "announcements")),
)
FIELDSETS: tuple[Any, ...] = (
    (None, {"fields": ("change_reason", "effective_from")}),
    *((name, {"fields": (fields,) if name == "technical" else fields}) for name, fields in INSIDE.items()),
)
ADD_ROW = "_add_row"
MOST_ROWS = 200


class VersionForm(RefusableForm):
    """The start is typed in the policy's time zone; the matrix is set whole or not at all."""

    effective_from = ZonedMoment(label="In force from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.policy.time_zone
        start: Any = self.fields.get("effective_from")
        if start is not None:
            start.place_in(zone, self.instance.effective_from)
            start.label = f"In force from, in {zone}"
            start.help_text = (
                f"Day and time on the clocks of {zone}, the policy's time zone; without a time, 00:00. "
                "Empty: as soon as it is approved. A start that is past at the approval counts as empty."
            )
        if any(name in self.fields for name in CELLS):
            self.initial.update(cells_of(self.instance))

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        refuse_a_part(self, data)
        return data


# The nine fields of the matrix, declared like any other.
VersionForm.base_fields.update(cell_fields())
VersionForm.declared_fields.update({name: VersionForm.base_fields[name] for name in CELLS})


@dataclass(slots=True)
class Part:
    """A section of the form, ready to be drawn: its own fields, its rows, how many there are and how many are wrong."""

    key: str
    title: str
    about: str
    when_empty: str
    count: int
    wrong: int
    fields: Fieldset | None = None
    rows: Any = None
    cells: Sequence[Any] = ()
    variables: Sequence[Any] = ()

    @property
    def stacked(self) -> bool:
        return not isinstance(self.rows.opts, TableSection)


def groups_of(fieldsets: Any, inlines: Sequence[Any]) -> list[tuple[str, list[Part]]]:
    """The sections in their groups, from what the admin made: its fieldsets and inline formsets."""
    own = {fieldset.name: fieldset for fieldset in fieldsets}
    rows = {inline.opts.section: inline for inline in inlines}
    made = {key: _rows(key, rows[key], own.get(key)) for key in rows} | ({"matrix": _matrix(own["matrix"])} if "matrix" in own else {})
    return [(title, [made[key] for key in keys if key in made]) for title, keys in GROUPS]


def _rows(key: str, inline: Any, fields: Fieldset | None) -> Part:
    opts, formset = inline.opts, inline.formset
    wrong = errors_in(formset) + (sum(name in fields.form.errors for name in INSIDE[key]) if fields else 0)
    return Part(
        key=key,
        title=str(opts.verbose_name_plural)[:1].upper() + str(opts.verbose_name_plural)[1:],
        about=opts.about,
        when_empty=opts.when_empty,
        count=len(formset.forms),
        wrong=wrong,
        fields=fields,
        rows=inline,
        variables=getattr(opts, "variables", ()),
    )


def _matrix(fields: Fieldset) -> Part:
    form = fields.form
    bound = {name: form[name] for name in CELLS}
    lines = [(f"Impact {impact.label.lower()}", [bound[f"cell_{impact}_{urgency}"] for urgency in Scale]) for impact in Scale]
    return Part(
        key="matrix",
        title="Priority matrix",
        about="Impact and urgency give the priority. Set all nine fields or none.",
        when_empty="Not set: the broader policy's matrix counts; without any, ITIL's.",
        count=sum(bool(field.value()) for field in bound.values()),
        wrong=sum(name in form.errors for name in CELLS),
        cells=lines,
    )


def errors_in(formset: Any) -> int:
    """How many rows, and rows within rows, have something to correct."""
    if not formset.is_bound:
        return 0
    wrong = len(formset.non_form_errors()) + sum(bool(errors) for errors in formset.errors)
    for form in formset.forms:
        wrong += sum(errors_in(inner.formset) for inner in getattr(form, "nested_formsets", ()))
    return wrong


def one_row_more(data: QueryDict) -> QueryDict:
    """What was sent, with one row more in the section that its button names: how rows are added without scripts."""
    more = data.copy()
    name = f"{more.get(ADD_ROW, '')}-TOTAL_FORMS"
    count = more.get(name, "")
    if count.isascii() and count.isdigit() and len(count) < 4 and int(count) < MOST_ROWS:
        more[name] = str(int(count) + 1)
    return more


def asks_for_a_row(request: HttpRequest) -> bool:
    return request.method == "POST" and ADD_ROW in request.POST


__all__ = ["FIELDSETS", "INLINES", "VersionForm", "asks_for_a_row", "groups_of", "one_row_more"]
