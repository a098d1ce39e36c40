"""The form of a policy: its scope, and exactly the subject that the scope asks for."""

from typing import Any

from policies.decisions.vocabulary import Scope
from portal.foundation.adminkit.bases import GovernedForm

# Scope, the field that names its subject, and what to say when that is missing.
SUBJECTS: dict[str, tuple[str, str]] = {
    Scope.SERVICE.value: ("service", "Choose the service that it speaks for."),
    Scope.TIER.value: ("tier", "Choose the tier that it speaks for."),
    Scope.BUSINESS_UNIT.value: ("business_unit", "Choose the business unit that it speaks for."),
}


class PolicyForm(GovernedForm):
    """Says at the field what the scope misses or has too much."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            "service": "For 'one service'. A service has one policy of its own at most.",
            "tier": "For 'a tier': it speaks for every service of that tier.",
            "business_unit": "For 'a business unit': it speaks for every service of that unit.",
        }
        for name, hint in hints.items():
            if name in self.fields:
                self.fields[name].help_text = hint

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        scope = data.get("scope")
        for one, (name, words) in SUBJECTS.items():
            if scope is None or name not in self.fields or name in self.errors:
                continue
            if one == scope and data.get(name) in (None, ""):
                self.add_error(name, words)
            elif one != scope and data.get(name) not in (None, ""):
                self.add_error(name, f"A policy for {Scope(scope).label} names none here. Leave it empty.")
        return data
