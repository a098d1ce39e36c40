"""Who calls the API of incidents in its tests, and with what."""

from typing import Any

from rest_framework.test import APIClient

from portal.models import User
from tests.factories.tokens import token_of

ADDRESS = "/api/v1/incidents/"


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user)}")
    return client


def body(subject: Any, **fields: Any) -> dict[str, Any]:
    return {"title": "Card payments fail", "service": subject.key, "impact": 1, "urgency": "medium", "description": "Since noon", **fields}
