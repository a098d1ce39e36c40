"""The form that adds filters to the log, and how what people type becomes keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from audit.events.stories import model_words
from audit.reading.describing import type_words
from audit.reading.filters import LONGEST, THE_PORTAL, family_of
from audit.reading.outcomes import OUTCOMES

from .objects import objects_like

# An index skip scan: one look-up a distinct value instead of a pass over the table.
DISTINCT = """
WITH RECURSIVE found(value) AS (
    SELECT min({column}) FROM {table}
    UNION ALL
    SELECT (SELECT min({column}) FROM {table} WHERE {column} > found.value) FROM found WHERE found.value IS NOT NULL
) SELECT value FROM found WHERE value IS NOT NULL
"""
CHANNELS = (
    *(("web", "web page"), ("api", "API"), ("job", "background job"), ("engine", "escalation engine"), ("command", "command line")),
    *(
        ("sealer", "sealer"),
        ("link", "answer by link"),
        ("sms", "answer by SMS"),
        ("voice", "answer by telephone"),
        ("slack", "answer in Slack"),
    ),
)
MOST_LISTED, MOST_MEANT = 300, 12
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Meant:
    """Somebody or something that was typed, as the filter says it: the part, its value, and what it is called."""

    part: str
    value: str
    words: str


class FilterForm(forms.Form):
    """One more filter. What is chosen already stands in hidden fields beside it."""

    text = forms.CharField(
        label="Words", required=False, widget=UnfoldAdminTextInputWidget(attrs={"maxlength": LONGEST, "placeholder": "INC-000012 payments"})
    )
    who = forms.CharField(
        label="Person",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": LONGEST, "list": "trail-people", "autocomplete": "off"}),
    )
    type = forms.ChoiceField(label="What was done", required=False, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(label="Kind of thing", required=False, widget=UnfoldAdminSelectWidget)
    about = forms.CharField(
        label="One thing",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": LONGEST, "placeholder": "A number or a name"}),
    )
    channel = forms.ChoiceField(label="Way in", required=False, widget=UnfoldAdminSelectWidget, choices=[("", "Any"), *CHANNELS])
    outcome = forms.ChoiceField(label="Outcome", required=False, widget=UnfoldAdminSelectWidget, choices=[("", "Any"), *OUTCOMES.items()])
    since = forms.CharField(label="From", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}))
    until = forms.CharField(label="Before", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = type_choices()  # type: ignore[attr-defined]
        self.fields["kind"].choices = kind_choices()  # type: ignore[attr-defined]


def type_choices() -> Choices:
    """Every type that the trail holds, by family; each family as a whole first."""
    families: dict[str, Choices] = {}
    for name in distinct("audit_ledgerevent", "type"):
        held = families.setdefault(family_of(name), [])
        held.append((name, type_words(name)))
    listed: Choices = [("", "Anything")]
    for family, held in families.items():
        whole = [(f"{family}.*", type_words(f"{family}.*"))] if len(held) > 1 else []
        listed.append((family.replace("_", " ").capitalize(), [*whole, *held]))
    return listed


def kind_choices() -> Choices:
    """Every kind of thing that the trail tells of."""
    kinds = [(label, model_words(label)) for label in distinct("audit_ledgerobject", "model")]
    return [("", "Any"), *sorted(kinds, key=lambda pair: pair[1])]


def people_listed() -> list[str]:
    """Names that the field for a person offers while somebody types."""
    users = get_user_model().objects.filter(origin="portal").order_by("display_name", "username")
    return ["The portal itself", *(str(user) for user in users[:MOST_LISTED])]


def people_like(term: str) -> list[Meant]:
    """Whom `term` may mean: an account's name in full before parts of names."""
    if term.casefold() in {"the portal itself", "portal", THE_PORTAL}:
        return [Meant("person", THE_PORTAL, "The portal itself")]
    users = get_user_model().objects.order_by("display_name", "username")
    whole = list(users.filter(Q(display_name__iexact=term) | Q(username__iexact=term))[:MOST_MEANT])
    found = whole or list(users.filter(Q(display_name__icontains=term) | Q(username__icontains=term))[:MOST_MEANT])
    return [Meant("person", str(user.pk), f"{user} ({user.get_username()})") for user in found]


def things_like(term: str, request: HttpRequest, site: Any) -> list[Meant]:
    """What `term` may mean among the things that the reader's own lists find."""
    return [Meant("object", found.key, found.words) for found in objects_like(term, request, site)[:MOST_MEANT]]


def distinct(table: str, column: str) -> Sequence[str]:
    """The values of an indexed column, sorted, in one query that does not read the table."""
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT.format(table=table, column=column))
        return [row[0] for row in cursor.fetchall()]


def hidden(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The filters that the form carries on beside its own fields."""
    return [(name, value) for name, value in pairs if name not in {"text", "since", "until"}]
