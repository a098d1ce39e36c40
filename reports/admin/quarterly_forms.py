"""What is asked for in a quarterly review."""

from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from incidents.feedback.models import HIGHEST
from incidents.models import Feedback
from policies.models import BusinessUnit
from portal.foundation.people.models import User
from reports.metrics.queries import quarters_with_incidents
from reports.models import QuarterlyDecision, QuarterlyFinding
from reports.packs.quarters import Quarter
from reports.quarterly.models import ROLE_TITLES
from reports.quarterly.people_only import LINE, TEXT
from reports.quarterly.queries import waiting_in
from reports.quarterly.rules import LONGEST_TITLE, MOST_STEPS
from reports.quarterly.states import DecisionState, FindingState

QUARTERS_BACK = 12


def line(label: str, said: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=LINE, required=required, help_text=said, widget=UnfoldAdminTextInputWidget)


def text(label: str, said: str = "", *, rows: int = 4, required: bool = True) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    asked = {"required": "Say it in a sentence. Nothing was done."}
    return forms.CharField(label=label, max_length=TEXT, required=required, help_text=said, widget=widget, error_messages=asked)


def choice(rows: Any, label: str, said: str = "", *, required: bool = False) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(rows, label=label, required=required, help_text=said, widget=UnfoldAdminSelectWidget)


def day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))


def people() -> Any:
    return User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")


class OpenForm(forms.Form):
    """Which quarter, of what: the last three years, and every one before in which there are incidents, such as those of an imported log."""

    quarter = forms.ChoiceField(label="Quarter", widget=UnfoldAdminSelectWidget())
    unit = forms.ModelChoiceField(
        BusinessUnit.objects.order_by("name"),
        label="Business unit",
        required=False,
        empty_label="The whole organisation",
        help_text="With all units that are part of it.",
        widget=UnfoldAdminSelectWidget,
    )
    reason = text("In your words", "Why is it opened by hand? The words stay in the audit trail.", rows=3)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = quarter = Quarter.of(now)
        over = {each for start in quarters_with_incidents() if (each := Quarter.of(start)) < running}
        for _ in range(QUARTERS_BACK):
            quarter = quarter.previous
            over.add(quarter)
        offered = [(str(running), f"{running.words.capitalize()}: still running, so it is provisional and cannot be signed yet")]
        offered += [(str(each), each.words.capitalize()) for each in sorted(over, reverse=True)]
        self.fields["quarter"].choices = offered  # type: ignore[attr-defined]
        self.initial.setdefault("quarter", str(running.previous))


class WriteForm(forms.Form):
    """What the quarter showed, and what the meeting goes through."""

    takes_thing = True
    summary = text("Summary", "What the quarter showed, in a few sentences. It stands first in the report.", rows=6, required=False)
    agenda = text("Agenda", "A point a line.", rows=8, required=False)

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"summary": thing.summary, "agenda": thing.agenda}})


class TogetherForm(forms.Form):
    """Which of the proposals that nobody judged yet, and how."""

    takes_thing = True
    findings = forms.TypedMultipleChoiceField(
        label="Findings", coerce=int, widget=forms.CheckboxSelectMultiple(), error_messages={"required": "Choose at least one finding."}
    )
    verdict = forms.ChoiceField(
        label="They are",
        choices=[(FindingState.ACCEPTED, "accepted as they were proposed"), (FindingState.DISMISSED, "dismissed")],
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposed = thing.findings.filter(state=FindingState.PROPOSED).values_list("pk", "headline")
        self.fields["findings"].choices = list(proposed)  # type: ignore[attr-defined]


class FindingForm(forms.Form):
    """A finding of one's own."""

    headline = line("Finding", "In one line.")
    sentence = text("What was seen", "With what it is compared, and how sure it is.", required=False)
    incidents = text("Evidence", "Numbers of incidents, such as INC0000012, with blanks or commas between them.", rows=2, required=False)


class _OfAReview(forms.Form):
    takes_thing = True

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accepted = QuarterlyFinding.objects.filter(review=thing, state=FindingState.ACCEPTED)
        self.fields["finding"].queryset = accepted  # type: ignore[attr-defined]


class DecisionForm(_OfAReview):
    """A question for the meeting."""

    question = line("What is to be decided?")
    finding = choice(QuarterlyFinding.objects.none(), "Because of the finding")


class FeedbackChoice(forms.ModelChoiceField):
    """Feedback, told without its words."""

    def label_from_instance(self, obj: Any) -> str:
        about = obj.incident.number if obj.incident else obj.service
        number = "no number" if obj.satisfaction is None else f"{obj.satisfaction} of {HIGHEST}"
        return f"{obj}: {obj.get_giver_display()}, {about}, {obj.given_on.day} {obj.given_on:%b %Y}, {number}"


class ActionForm(_OfAReview):
    """Something to do."""

    title = line("What is to be done?")
    owner = choice(people(), "Owner", required=True)
    due_on = day("To be done by")
    finding = choice(QuarterlyFinding.objects.none(), "Because of the finding")
    decision = choice(QuarterlyDecision.objects.none(), "Because of the decision")
    feedback = FeedbackChoice(
        Feedback.objects.none(),
        required=False,
        label="Because of feedback",
        help_text="What waits to be looked at, the latest first.",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        taken = QuarterlyDecision.objects.filter(review=thing).exclude(state=DecisionState.DROPPED)
        self.fields["decision"].queryset = taken  # type: ignore[attr-defined]
        self.fields["feedback"].queryset = waiting_in(thing)  # type: ignore[attr-defined]


class ChangeActionForm(forms.Form):
    """Another owner, another day."""

    takes_thing = True
    owner = choice(people(), "Owner", required=True)
    due_on = day("To be done by")

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"owner": thing.owner_id, "due_on": thing.due_on}})


class JudgeForm(forms.Form):
    """A finding in the review's words, or why it is none."""

    headline = line("Finding")
    sentence = text("What was seen", required=False)
    reason = text("In your words", "Needed to dismiss it; the words stand in the report and in the audit trail.", rows=3, required=False)


class DecideForm(forms.Form):
    """What is decided."""

    reason = text("What is decided, and why", "Or why it needs no decision. The words stand in the report and in the audit trail.", rows=4)


class RulesForm(forms.Form):
    """Days, and who signs in which order."""

    takes_thing = True

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days_to_sign"] = forms.IntegerField(
            label="Days after the quarter to the last signature",
            min_value=1,
            max_value=365,
            initial=thing.days_to_sign,
            widget=UnfoldAdminIntegerFieldWidget(),
        )
        roles = [("", "nobody"), *ROLE_TITLES.items()]
        for number in range(1, MOST_STEPS + 1):
            step = thing.steps[number - 1] if number <= len(thing.steps) else {"title": "", "role": ""}
            self.fields[f"title_{number}"] = forms.CharField(
                label=f"Signature {number}",
                required=False,
                max_length=LONGEST_TITLE,
                initial=step["title"],
                widget=UnfoldAdminTextInputWidget(),
                help_text="Such as 'Risk committee'. Empty: no further signature." if number == 1 else "",
            )
            self.fields[f"role_{number}"] = forms.ChoiceField(
                label=f"Given by the role, signature {number}",
                required=False,
                choices=roles,
                initial=step["role"],
                widget=UnfoldAdminSelectWidget(),
            )
        # The words of the verb come last.
        if "reason" in self.fields:
            self.fields["reason"] = self.fields.pop("reason")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        numbers = range(1, MOST_STEPS + 1)
        steps = [{"title": given.pop(f"title_{number}", ""), "role": given.pop(f"role_{number}", "")} for number in numbers]
        return {**given, "steps": steps}
