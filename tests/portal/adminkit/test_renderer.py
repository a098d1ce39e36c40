"""What is written directly says the same as the template it stands for."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import mark_safe
from unfold import widgets as theme

from portal.foundation.adminkit.renderer import WRITERS, QuickRenderer

HOSTILE = "<script>\"'&</script>"
VALUES = (None, "", "plain", HOSTILE, mark_safe("a &amp; b"), 0, 1_234_567, 2.5, True, ["2"])
ATTRIBUTES: tuple[dict[str, Any], ...] = ({}, {"id": "id_x", "required": True, "hidden": False, "data-n": 1_000, "title": HOSTILE})
CHOICES = [("", "–"), (1, HOSTILE), ("2", 5_000), ("A <group>", [(3, "three"), (HOSTILE, mark_safe("<b>four</b>"))])]


def widgets() -> list[forms.Widget]:
    return [
        *(forms.TextInput(), forms.HiddenInput(), forms.NumberInput(), forms.CheckboxInput(), forms.EmailInput(), forms.URLInput()),
        *(forms.PasswordInput(render_value=True), forms.DateInput(), forms.TimeInput(), forms.DateTimeInput()),
        *(forms.Select(choices=CHOICES), forms.SelectMultiple(choices=CHOICES)),
        *(theme.UnfoldAdminTextInputWidget(), theme.UnfoldAdminTextInputWidget(attrs={"prefix": "€", "class": "own"})),
        *(theme.UnfoldAdminSingleDateWidget(), theme.UnfoldAdminSingleTimeWidget(), theme.UnfoldAdminTextareaWidget()),
        *(theme.UnfoldAdminSelectWidget(choices=CHOICES), theme.UnfoldAdminDecimalFieldWidget(), theme.UnfoldBooleanWidget()),
    ]


@pytest.mark.parametrize("place", range(len(widgets())), ids=[type(widget).__name__ for widget in widgets()])
def test_a_widget_is_written_as_its_template_has_it(place: int) -> None:
    for value in VALUES:
        for attributes in ATTRIBUTES:
            # Some of the theme's widgets change while they are shown, so each renderer gets a fresh one.
            ours = widgets()[place].render("x[<]", value, attributes, renderer=QuickRenderer())
            theirs = widgets()[place].render("x[<]", value, attributes, renderer=DjangoTemplates())
            assert parse_html(ours) == parse_html(theirs), (value, attributes)


@pytest.mark.parametrize("doors", [(), ("can_change_related",)])
def test_a_choice_of_a_related_thing_keeps_its_doors(doors: tuple[str, ...]) -> None:
    context: dict[str, Any] = {
        name: name in doors for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related")
    }
    context |= {"rendered_widget": mark_safe("<select></select>"), "is_hidden": False, "name": HOSTILE, "model": "service"}
    for limited in (None, {"active": True}):
        said = {**context, "model_has_limit_choices_to": limited, "url_params": "a=b", "change_related_template_url": "/x/"}
        name = "unfold/widgets/related_widget_wrapper.html"
        assert parse_html(QuickRenderer().render(name, said)) == parse_html(DjangoTemplates().render(name, said))


def test_labels_and_errors_are_written_as_their_templates_have_them() -> None:
    class Asked(forms.Form):
        name = forms.CharField(label=HOSTILE)

    for data in (None, {"name": ""}, {"name": "given"}):
        ours, theirs = Asked(data, renderer=QuickRenderer()), Asked(data, renderer=DjangoTemplates())
        assert parse_html(str(ours["name"].label_tag(attrs={"class": HOSTILE}))) == parse_html(
            str(theirs["name"].label_tag(attrs={"class": HOSTILE}))
        )
        assert parse_html(str(ours["name"].errors)) == parse_html(str(theirs["name"].errors))
        assert parse_html(str(ours)) == parse_html(str(theirs))


def test_what_it_writes_exists_as_a_template() -> None:
    for name in WRITERS:
        assert DjangoTemplates().get_template(name)
