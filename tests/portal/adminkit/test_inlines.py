"""Fields of forms name themselves to whoever does not see the page."""

from django.contrib import admin
from django.test import RequestFactory

from incidents.models import Drill


def test_a_moment_typed_as_date_and_time_names_both_of_its_fields(rf: RequestFactory) -> None:
    field = admin.site._registry[Drill].formfield_for_dbfield(Drill._meta.get_field("planned_for"), rf.get("/"))
    assert field is not None
    shown = field.widget.render("planned_for", None)
    assert 'aria-label="Planned for: date"' in shown
    assert 'aria-label="Planned for: time"' in shown
