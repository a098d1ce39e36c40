"""Rows under a form are as many as were sent."""

from typing import Any

import pytest
from django import forms
from django.forms import inlineformset_factory

from portal.foundation.adminkit.sent_rows import SentRows
from portal.models import ContactPoint, User

Rows: Any = inlineformset_factory(User, ContactPoint, formset=SentRows, fields=["label"], extra=0)


def sent(total: object, initial: object = 0, **rows: str) -> Any:
    data = {"contact_points-TOTAL_FORMS": str(total), "contact_points-INITIAL_FORMS": str(initial)}
    return Rows(data={**data, **{f"contact_points-{name.replace('_', '-', 1)}": value for name, value in rows.items()}}, instance=User())


@pytest.mark.parametrize(
    ("total", "rows", "drawn"),
    [
        (0, {}, 0),
        (1, {"0_label": "a"}, 1),
        (2, {"0_label": "a"}, 2),
        (1_500, {"0_label": "a"}, 2),
        ("9" * 30, {"0_label": "a", "3_label": "d"}, 5),
        (900, {"9" * 12 + "_label": "far"}, 1),
        (1, {"0_label": "a", "7_label": "not counted"}, 1),
    ],
)
def test_a_claimed_number_of_rows_makes_none(total: object, rows: dict[str, str], drawn: int) -> None:
    assert sent(total, **rows).total_form_count() == drawn


def test_a_page_that_was_not_sent_has_the_rows_it_was_given() -> None:
    assert Rows(instance=User()).total_form_count() == 0


def test_the_empty_row_is_made_once() -> None:
    rows = Rows(instance=User())
    assert rows.empty_form is rows.empty_form
    assert isinstance(rows.empty_form, forms.ModelForm)
