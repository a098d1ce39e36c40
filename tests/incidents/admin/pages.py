"""Opening and pressing the pages of incidents in their tests."""

from typing import Any

from django.test import Client

from incidents.models import Incident
from tests.factories.portal import person

LIST = "/admin/incidents/incident/"


def signed_in(*roles: str, **fields: Any) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person("Tom Berg", roles=roles, **fields))
    return client


def page(incident: Incident) -> str:
    return f"{LIST}{incident.pk}/change/"


def do(client: Client, incident: Incident, verb: str, **data: Any) -> Any:
    return client.post(f"{LIST}{incident.pk}/do/{verb}/", data)


def queries_of(client: Client, address: str, count: Any) -> int:
    client.get(address)
    with count() as captured:
        assert client.get(address).status_code == 200
    return len(captured)
