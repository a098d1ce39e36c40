"""What a person can do with a thing, as data: a button, perhaps a page that asks for words, and the service it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

Need = Literal["nothing", "words", "perhaps words"]


def always(thing: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Verb:
    """A button on a thing's page.

    `run(thing, actor=…, now=…, reason=…, **cleaned data of form)` is a service. `need` says whether the person is asked for words:
    'nothing' is one press; the others lead to a page that states the `consequence` first. `possible` looks at the thing's state.
    `done` is what is said afterwards, perhaps by what the service answered.
    `form` adds fields to that page; `back_to` gives the address to go on to, from the thing and the service's answer.
    """

    key: str
    label: str
    run: Callable[..., Any]
    permission: str
    need: Need = "words"
    consequence: str = ""
    possible: Callable[[Any], bool] = always
    look: Literal["primary", "default", "danger"] = "default"
    done: str | Callable[[Any], str] = ""
    ask: str = "Why? The words stay in the audit trail."
    form: type[forms.Form] | None = None
    back_to: Callable[[Any, Any], str] | None = None

    def said(self, outcome: Any) -> str:
        """What to tell the person after `run` answered with `outcome`."""
        return self.done(outcome) if callable(self.done) else self.done

    @property
    def one_press(self) -> bool:
        return self.need == "nothing" and self.form is None

    def build_form(self, data: Any = None, *, thing: Any = None) -> forms.Form:
        """The form of the verb's page: its own fields, then the words. A form class that takes `thing` is given it."""
        base = self.form or forms.Form
        fields: dict[str, Any] = {}
        if self.need != "nothing":
            fields["reason"] = forms.CharField(
                label="In your words",
                required=self.need == "words",
                max_length=2_000,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
                help_text=self.ask,
                error_messages={"required": "Say it in a sentence. Nothing was done."},
            )
        built = type("VerbForm", (base,), fields)
        return built(data, thing=thing) if getattr(base, "takes_thing", False) else built(data)  # type: ignore[no-any-return]
