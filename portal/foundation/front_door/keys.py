"""Questions for passkeys and security keys, and their answers, as the browser's script passes them on."""

import json
from typing import Any

from django.http import HttpRequest

FIELD = "credential"
LARGEST = 20_000


def options_for(user: Any) -> dict[str, Any]:
    """A question that only a key of `user` answers; for None, any passkey of this installation."""
    from allauth.mfa.webauthn.internal import auth

    return _plain(auth.begin_authentication(user))


def options_to_add(user: Any, *, passkey: bool) -> dict[str, Any]:
    """A question by which a new key of `user` introduces itself. A passkey opens the portal without a password, so it asks for a PIN or a finger."""
    from allauth.mfa.webauthn.internal import auth

    return _plain(auth.begin_registration(user, passkey))


def answer_of(request: HttpRequest) -> Any:
    """What a key answered; None when nothing of the kind was sent. What no browser sends is an empty answer, which is a wrong one."""
    text = request.POST.get(FIELD, "")
    if not text:
        return None
    try:
        answer = json.loads(text) if len(text) <= LARGEST else {}
    except (ValueError, RecursionError):
        answer = {}
    return answer if isinstance(answer, dict) else {}


def was_verified(answer: dict[str, Any]) -> bool:
    """Whether the key asked for a finger, a face or a PIN, and says so in what it signed."""
    from fido2.webauthn import AuthenticationResponse

    return bool(AuthenticationResponse.from_dict(answer).response.authenticator_data.is_user_verified())


def _plain(question: Any) -> dict[str, Any]:
    """As JSON has it: the library's own kinds of text and bytes made plain."""
    plain: dict[str, Any] = json.loads(json.dumps(question, default=dict))
    return plain
