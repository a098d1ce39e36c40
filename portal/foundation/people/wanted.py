"""Short lists that people type into one field: skills and languages. Pure but for the error that forms understand."""

import re

from django.core.exceptions import ValidationError

# BCP 47 as far as people write it: a language, perhaps a region.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def items(text: str) -> tuple[str, ...]:
    """'a, b, a' is ('a', 'b')."""
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def validate_words(text: str) -> None:
    if any(len(item) > 60 for item in items(text)):
        raise ValidationError("Separate several by commas; none is longer than 60 characters.")


def validate_languages(text: str) -> None:
    for item in items(text):
        if not _LANGUAGE.fullmatch(item):
            raise ValidationError(f"'{item[:40]}' is no language code. Write codes such as en, de, pt-BR, separated by commas.")
