"""What stands between the first proof of who somebody is and their session."""

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from .factors import has_factor
from .stepping_up import SECOND, proofs_of


class SecondFactor(LoginStage):
    """Asks whoever has a second factor for it, unless the way in was one: a passkey, or a provider that says it asked for two."""

    key = "mfa_authenticate"
    urlname = "mfa_authenticate"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        shown = any(proof["method"] == SECOND for proof in proofs_of(self.request.session, self.login.user))
        response: Any = redirect(self.urlname) if not shown and has_factor(self.login.user) else None
        return response, True
