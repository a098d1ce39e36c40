"""Keys and other numbers that stand in attributes and addresses: in words 1,234 has its separator, and there it would be another thing or none."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in ROOT.glob("*/**/templates/**/*.html") if not {".venv", "node_modules"} & set(path.parts))
# An attribute with its value, in which template tags may have quotes of their own.
_PIECE = r"""(?:\{\{.*?\}\}|\{%.*?%\}|[^{"]|\{(?![{%]))*"""
ATTRIBUTE = re.compile(rf"""([\w:-]+)="({_PIECE})\"""", re.DOTALL)
LOCALIZED_OFF = re.compile(r"\{% localize off %\}.*?\{% endlocalize %\}", re.DOTALL)
SHOWN = re.compile(r"\{\{\s*(.+?)\s*\}\}", re.DOTALL)
# Texts, whatever their names say.
WORDS = {"id_for_label", "auto_id", "key_id", "event_id", "request_id", "object_pk"}
NUMBERS = {"pk", "id", "number", "num_pages", "count", "counter", "counter0", "total", "size", "processed", "done"}
# What people hear or read, with separators like all other words.
FOR_PEOPLE = {"aria-label", "aria-description", "aria-valuetext", "title", "alt", "placeholder", "content", "summary"}
TAKE_NUMBERS = {
    *("maxlength", "minlength", "max", "min", "step", "rows", "cols", "colspan", "rowspan", "tabindex", "start", "size", "width", "height"),
    *("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "d", "points", "viewBox", "transform"),
}
AS_IT_IS = re.compile(r"\|\s*(?:stringformat|unlocalize|date|time|slugify|length_is|yesno|join)\b")


def numbers_with_separators(source: str) -> Iterator[str]:
    """What of a template's attributes would be written as people read it, though a machine does."""
    for name, value in ATTRIBUTE.findall(LOCALIZED_OFF.sub("", source)):
        if name in FOR_PEOPLE:
            continue
        for expression in SHOWN.findall(value):
            if AS_IT_IS.search(expression):
                continue
            last = expression.partition("|")[0].strip().rpartition(".")[2]
            is_key = last not in WORDS and (last in NUMBERS or last.endswith(("_id", "_pk")))
            if is_key or name in TAKE_NUMBERS:
                yield f'{name}="… {{{{ {expression} }}}} …"'


def test_the_templates_are_found() -> None:
    assert len(TEMPLATES) > 80


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_number_in_an_attribute_has_no_separator(path: Path) -> None:
    assert list(numbers_with_separators(path.read_text(encoding="utf-8"))) == [], 'Write {{ thing.pk|stringformat:"d" }}.'


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('<a href="?thing={{ thing.pk }}">', 1),
        ('<a href="?thing={{ thing.pk|stringformat:"d" }}">', 0),
        ("<a href=\"{% url 'x' thing.pk %}?of={{ of_id }}\" id='x'>", 1),
        ('<p id="a-{{ a.pk }}" data-b="{{ b.number }}">{{ a.pk }}</p>', 2),
        ('<textarea maxlength="{{ longest }}" aria-describedby="{{ field.auto_id }}_help">', 1),
        ('<progress max="{{ run.total }}" value="{{ run.processed }}" aria-label="{{ run.total }} entries">', 2),
        ('{% localize off %}<rect x="{{ x }}">{% endlocalize %}', 0),
        ('<label for="{{ field.id_for_label }}">{{ field.count }}</label>', 0),
    ],
)
def test_the_walk_finds_what_it_looks_for(source: str, wrong: int) -> None:
    assert len(list(numbers_with_separators(source))) == wrong


def test_why_it_matters() -> None:
    assert Template('{{ n }} {{ n|stringformat:"d" }}').render(Context({"n": 1234})) == "1,234 1234"
