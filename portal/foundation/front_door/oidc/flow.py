"""The way to a provider and back: what is asked, and what is taken as its answer."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse

from portal.foundation import outbound_http
from portal.foundation.errors import NotAllowed, WrongState

from .providers import Provider, description
from .tokens import claims_of

QUESTION = "oidc_question"
SIGN_IN, LINK, AGAIN = "sign in", "link", "again"
LONGEST_SECONDS = 600


def begin(session: Any, one: Provider, *, purpose: str, there: str, at: int) -> str:
    """Notes the question in `session`; the address to send the browser to. Raises DeliveryFailed when the provider cannot be asked."""
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    asked: dict[str, Any] = {
        "response_type": "code",
        "client_id": one.client_id,
        "redirect_uri": _return_to(one),
        "scope": one.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if purpose == AGAIN:
        asked |= {"prompt": "login", "max_age": 0}
    address = f"{description(one)['authorization_endpoint']}"
    session[QUESTION] = {
        "provider": one.key,
        "purpose": purpose,
        "next": there,
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "at": at,
    }
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def finish(session: Any, one: Provider, answer: dict[str, str], *, at: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims of whoever came back, and the question that they answer, which is used up by this.

    Raises WrongState for an answer to no question of this browser, NotAllowed for one that is not good or a refusal, and DeliveryFailed.
    """
    question = session.pop(QUESTION, None) or {}
    fits = hmac.compare_digest(str(question.get("state", "")).encode(), answer.get("state", "").encode())
    if not answer.get("state") or not fits or question.get("provider") != one.key or at - question["at"] > LONGEST_SECONDS:
        raise WrongState("This answer belongs to no sign-in of this browser, or came too late. Begin again.")
    if answer.get("iss", one.issuer) != one.issuer:
        raise NotAllowed("This answer comes from another provider than the one that was asked.")
    if "error" in answer or not answer.get("code"):
        raise NotAllowed("The provider did not sign you in.")
    claims = claims_of(_exchange(one, answer["code"], question["verifier"]), one, nonce=question["nonce"])
    if question["purpose"] == AGAIN and at - int(claims.get("auth_time", 0)) > settings.STEP_UP_SECONDS:
        raise NotAllowed("The provider did not ask you again who you are.")
    return claims, question


def _exchange(one: Provider, code: str, verifier: str) -> Any:
    """The ID token for a code, asked for directly."""
    said = description(one)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _return_to(one), "code_verifier": verifier}
    known = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = None
    if "client_secret_basic" in known:
        basic = (quote(one.client_id, safe=""), quote(one.client_secret, safe=""))
    else:
        form |= {"client_id": one.client_id, "client_secret": one.client_secret}
    reply = outbound_http.post(str(said["token_endpoint"]), form=form, basic=basic, headers={"Accept": "application/json"})
    try:
        answer = json.loads(reply.body) if reply.status == 200 else {}
    except ValueError:
        answer = {}
    if not isinstance(answer, dict) or "id_token" not in answer:
        raise NotAllowed(f"The provider gave no ID token for its code (it answered {reply.status}).")
    return answer["id_token"]


def _return_to(one: Provider) -> str:
    return f"{settings.PORTAL_URL}{reverse('front-door-oidc-back', args=[one.key])}"
