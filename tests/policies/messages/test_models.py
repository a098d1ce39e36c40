"""A template that could not be rendered cannot be saved."""

import pytest
from django.core.exceptions import ValidationError

from policies.models import MessageTemplate
from tests.factories import policies as make

pytestmark = pytest.mark.django_db


def template(**fields: str) -> MessageTemplate:
    return MessageTemplate(version=make.draft(), **{"subject": "{{ incident.number }}", "body": "{{ incident.title }}", **fields})


def test_known_names_are_welcome() -> None:
    template().full_clean()


@pytest.mark.parametrize("field", ["subject", "body"])
def test_an_unknown_name_is_refused_at_its_field(field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        template(**{field: "{{ incident.colour }}"}).full_clean()
    (message,) = refused.value.message_dict[field]
    assert message.startswith("'incident.colour' is not known. What can be named: incident.number, ")


def test_logic_and_a_subject_of_two_lines_are_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        template(subject="One\nTwo", body="{% now %}").full_clean()
    assert set(refused.value.message_dict) == {"subject", "body"}
