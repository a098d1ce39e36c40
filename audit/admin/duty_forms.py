"""What is asked of whoever changes the table of duties, lets a pair pass, or takes a right away."""

from copy import copy
from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from audit.duties.exceptions import LONGEST
from audit.duties.findings import holdings_named
from audit.duties.holdings import words_of_rights
from audit.duties.models import DutyPair, day_of
from audit.duties.pairs import Holding, Way
from audit.duties.table import FIELDS, in_force
from portal.foundation import clock
from portal.foundation.people.models import User


class UntilForm(forms.Form):
    """Up to which day."""

    until = forms.DateField(
        label="Until, this day included",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text=f"At most {LONGEST.days} days ahead. The day after, the finding is open again.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        first = day_of(clock.now()) + timedelta(days=90)
        super().__init__(*args, **{**kwargs, "initial": {"until": first, **kwargs.get("initial", {})}})


class WhichForm(forms.Form):
    """What of what somebody holds is taken away."""

    takes_thing = True
    which = forms.ChoiceField(label="Take away", widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = holdings_named(thing)
        known = words_of_rights(holding.right for holding in named)
        self.fields["which"].choices = [  # type: ignore[attr-defined]
            (str(place), _to_take(holding, known[holding.right])) for place, holding in enumerate(named)
        ]


def _to_take(holding: Holding, words: str) -> str:
    """'The role Approvers', 'The right to change user, given directly'."""
    if holding.way == Way.SUPERUSER:
        return "Being a superuser"
    return f"The role {holding.through}" if holding.through else f"The right to {words}, {holding.words()}"


class ExceptionForm(UntilForm):
    """For whom which pair passes, before anything is granted."""

    person = forms.ModelChoiceField(queryset=User.objects.none(), widget=UnfoldAdminSelectWidget())
    pair = forms.ModelChoiceField(queryset=DutyPair.objects.none(), widget=UnfoldAdminSelectWidget())
    reason = forms.CharField(
        label="In your words",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why may both meet in this person, and what is looked at meanwhile? The words stay in the audit trail.",
    )
    field_order = ("person", "pair", "until", "reason")

    def __init__(self, *args: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["person"]
        pairs: Any = self.fields["pair"]
        people.queryset = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).exclude(pk=reader.pk).order_by("display_name")
        pairs.queryset = DutyPair.objects.filter(pk__in=[pair.pk for pair in in_force()])


class PairForm(forms.ModelForm):
    """The fields of a pair. The service says what is wrong with them."""

    takes_thing = True

    class Meta:
        model = DutyPair
        fields = FIELDS
        widgets = {
            **{name: UnfoldAdminTextInputWidget() for name in ("right_a", "words_a", "right_b", "words_b", "source", "done_a", "done_b")},
            **{name: UnfoldAdminSelectWidget() for name in ("reach", "severity")},
            "why": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }
        help_texts = {
            "words_a": "What it lets a person do, such as 'approve a policy version'. Empty: the right's own words.",
            "right_b": "Such as portal.change_user.",
            "done_a": "Types of events that tell of its use, such as policy_version.submitted, with commas. With both filled, the trail is searched "
            "every night for people who did both on one object.",
            "done_b": "Such as policy_version.approved.",
        }

    def __init__(self, *args: Any, thing: Any = None, **kwargs: Any) -> None:
        # A copy takes what is typed; the thing itself is the service's.
        super().__init__(*args, **kwargs | {"instance": copy(thing)})
        for name in ("words_a", "words_b", "source", "done_a", "done_b"):
            self.fields[name].required = False


class NewPairForm(PairForm):
    """A pair, and why it is added."""

    reason = forms.CharField(
        label="In your words",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why is it added? The words stay in the audit trail.",
    )
