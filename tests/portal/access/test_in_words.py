"""A refusal says in words what is lacking and who can give it."""

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client

from portal.foundation.access.checks import require
from portal.foundation.access.in_words import words_of, words_of_rights
from portal.foundation.access.roles import ROLES
from portal.foundation.errors import NotAllowed
from tests.factories.incidents import incident, service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def refused(actor: Any, right: str, subject: Any = None) -> str:
    with pytest.raises(NotAllowed) as error:
        require(actor, right, subject, to="do it")
    return error.value.message


def test_it_says_what_is_lacking_which_roles_have_it_and_who_gives_it() -> None:
    assert refused(person("Ana", roles=("responder",)), "reports.build_quarterlypack") == (
        "You may not do it. It needs the right to build and export a quarterly pack, which Compliance have; an administrator can give it to you."
    )


def test_what_can_be_granted_on_one_thing_names_who_grants_it(now: datetime) -> None:
    assert refused(person("Grace", roles=("stakeholder",)), "incidents.acknowledge_incident", incident(now, service=service("Shop"))) == (
        "You may not do it. It needs the right to acknowledge an incident, which Incident commanders, Managers and Responders have; "
        "an administrator can give it to you, Incident commanders and Managers on this alone."
    )


def test_of_somebody_who_only_looks_it_says_that_no_right_helps() -> None:
    assert refused(person("Otto", roles=("auditor",)), "incidents.run_import") == (
        "You may not do it. It needs the right to import another system's log, which Compliance have. "
        "Your account only looks, whatever else it is given; ask one of them to do it."
    )


def test_a_right_that_no_role_has_is_named_all_the_same() -> None:
    assert "to delete incidents, which no role has; an administrator can" in refused(person("Ana"), "incidents.delete_incident")


def test_no_right_of_a_role_is_told_by_its_raw_name() -> None:
    known = words_of_rights(right for role in ROLES for right in role.may)
    # A model whose name is two words is told in two words.
    names = {str(model._meta.verbose_name) for model in apps.get_models()}
    glued = {name.replace(" ", "").lower() for name in names if " " in name}
    raw = [right for right, words in known.items() if words == right or "_" in words or glued & set(words.split())]
    assert raw == []


def test_the_words_of_every_right_that_models_have_cost_one_query(django_assert_num_queries: Any) -> None:
    rights = [f"{app}.{codename}" for app, codename in Permission.objects.values_list("content_type__app_label", "codename")]
    with django_assert_num_queries(1):
        known = words_of_rights(rights)
    assert [right for right, words in known.items() if not words or words == right] == []
    assert words_of("incidents.view_changefreeze") == "view change freezes"


@pytest.mark.parametrize(
    ("role", "address", "said"),
    [
        ("responder", "/admin/reports/quarterlypack/", "It needs the right to view quarterly packs, which Approvers, Compliance, External auditors and Managers have"),
        ("stakeholder", "/admin/incidents/incident/", "It needs the right to view incidents, which"),
        ("auditor", "/admin/incidents/changerequest/add/", "It needs the right to add change requests, which Incident commanders and Managers have. Your account only looks"),
    ],
)  # fmt: skip
def test_the_page_of_a_refusal_says_it_where_the_page_itself_had_no_words(role: str, address: str, said: str, client: Client) -> None:
    client.force_login(person("Ana", roles=(role,)))
    answer = client.get(address)
    assert answer.status_code == 403
    assert said in answer.content.decode()


def test_a_page_that_goes_by_another_right_names_none_that_would_not_help(client: Client) -> None:
    client.force_login(person("Ana", roles=("responder",)))
    answer = client.get("/admin/reports/quarterlypack/build/")
    assert answer.status_code == 403
    assert "It needs the right" not in answer.content.decode()
    assert "can tell you which role does" in answer.content.decode()
