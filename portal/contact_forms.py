"""The small forms on the page of somebody's contact points."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from portal.foundation.people.addresses import HOW_TO_TYPE
from portal.foundation.people.models import ContactPoint, ContactRule
from portal.foundation.people.wanted import validate_languages, validate_words

ADDRESS = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
# What people say, without a calendar; the last one asks for a time.
SPELLS = (
    ("", "until I say otherwise"),
    ("30", "for 30 min"),
    ("60", "for 1 h"),
    ("240", "for 4 h"),
    ("480", "for 8 h"),
    ("at", "until the time below"),
)
MOST_STEPS = 4


class AddForm(forms.Form):
    """A new way to be reached."""

    channel = forms.ChoiceField(choices=ContactPoint.Channel.choices, widget=UnfoldAdminSelectWidget(attrs={"data-how": ""}))
    address = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs=ADDRESS),
        help_text="A number with + and the country code, a Slack member ID, a mail address or a URL. It is masked after saving.",
    )
    label = forms.CharField(
        label="What you call it", max_length=80, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "my telephone"})
    )

    @property
    def how(self) -> list[tuple[str, str]]:
        """What to type, by channel."""
        return [(label, HOW_TO_TYPE[channel]) for channel, label in ContactPoint.Channel.choices]


class ChangeForm(forms.Form):
    """Another name or address; the address goes in and does not come out again."""

    label = forms.CharField(label="What you call it", max_length=80, widget=UnfoldAdminTextInputWidget())
    address = forms.CharField(
        label="New address",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs=ADDRESS),
        help_text="Leave it empty to keep it.",
    )


class PresenceForm(forms.Form):
    """Until when what is said counts; the button says what."""

    spell = forms.ChoiceField(label="How long", choices=SPELLS, required=False, widget=UnfoldAdminSelectWidget())
    until = forms.DateTimeField(
        label="Until",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("spell") == "at" and not data.get("until") and "until" not in self.errors:
            self.add_error("until", "Give the time until which it counts.")
        return data

    def ends(self, now: datetime) -> datetime | None:
        """The end that was chosen; a time that was typed counts whatever the list says."""
        typed: datetime | None = self.cleaned_data.get("until")
        spell = self.cleaned_data.get("spell") or ""
        return typed or (now + timedelta(minutes=int(spell)) if spell.isdigit() else None)


class RulesForm(forms.Form):
    """For each urgency, which way first, then which."""

    def __init__(self, data: Any, *, points: list[ContactPoint], steps: dict[str, list[int]]) -> None:
        super().__init__(data)
        choices = [("", "none"), *((str(point.pk), point.label) for point in points if point.active)]
        for urgency in ContactRule.Urgency.values:
            for step in range(min(MOST_STEPS, len(choices) - 1)):
                chosen = steps[urgency][step] if step < len(steps[urgency]) else ""
                name = "Then" if step else "First"
                self.fields[f"{urgency}-{step}"] = forms.ChoiceField(
                    label=name,
                    choices=choices,
                    required=False,
                    initial=str(chosen),
                    widget=UnfoldAdminSelectWidget(attrs={"aria-label": f"{name}, {ContactRule.Urgency(urgency).label}, step {step + 1}"}),
                )

    def blocks(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The steps under the name of their urgency."""
        found = []
        for urgency, label in ContactRule.Urgency.choices:
            fields = [self[name] for name in self.fields if name.startswith(f"{urgency}-")]
            found.append((f"When it is {label}" if urgency == "urgent" else "For everything else", fields))
        return found

    def chosen(self, urgency: str) -> list[int]:
        return [int(value) for name, value in self.cleaned_data.items() if name.startswith(f"{urgency}-") and value]


class AboutForm(forms.Form):
    """What somebody knows and speaks."""

    skills = forms.CharField(
        required=False,
        max_length=250,
        validators=[validate_words],
        widget=UnfoldAdminTextInputWidget(),
        help_text="Separated by commas: databases, card schemes.",
    )
    languages = forms.CharField(
        required=False,
        max_length=120,
        validators=[validate_languages],
        widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "off"}),
        help_text="Codes such as en, de, pt-BR, separated by commas.",
    )
