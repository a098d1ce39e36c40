"""Mandates as people type them. Pure but for the error that forms understand."""

from django.core.exceptions import ValidationError

from policies.decisions.vocabulary import Mandate
from portal.foundation import words
from portal.foundation.people.wanted import items


def validate_mandates(text: str) -> None:
    unknown = [item for item in items(text) if item not in set(Mandate)]
    if unknown:
        raise ValidationError(f"'{unknown[0][:40]}' is no mandate. There are: {words.listed(list(Mandate))}.")
