"""What a browser does with an admin page: signing in, and sending a form back as it was shown."""

from typing import Any
from unittest.mock import patch

from django.template.response import SimpleTemplateResponse
from django.test import Client


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def undrawn() -> Any:
    """Inside, pages are made and not drawn, which takes longer than all the rest: for answers of which only the status is asked."""
    return patch.object(SimpleTemplateResponse, "rendered_content", "")


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back unchanged, nested rows included.

    Read from what the page is drawn of; how it looks is tested elsewhere.
    """
    with undrawn():
        answer: Any = client.get(address)
    context = answer.context_data
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
        for row in inline.formset.forms:
            for nested in getattr(row, "nested_formsets", []):
                forms += [nested.formset.management_form, *nested.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for field in form:
            value = field.value()
            subs = getattr(field.field.widget, "widgets", None)
            if subs:
                data.update({f"{field.html_name}_{place}": part or "" for place, part in enumerate(field.field.widget.decompress(value))})
            elif value is not None and value is not False:
                data[field.html_name] = value
    return data


def with_row(data: dict[str, Any], rows: str, **values: Any) -> dict[str, Any]:
    """`data` with one row more among `rows` (a prefix, such as 'levels' or 'levels-0-targets')."""
    place = int(data[f"{rows}-TOTAL_FORMS"])
    added = {f"{rows}-{place}-{name}": value for name, value in values.items()}
    return {**data, f"{rows}-TOTAL_FORMS": place + 1, **added}
