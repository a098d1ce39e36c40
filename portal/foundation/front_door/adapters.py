"""What allauth asks this installation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal.foundation.secrecy import seal, unseal

from .resealing import OF_FACTORS


class Accounts(DefaultAccountAdapter):
    """Nobody makes themselves an account, and allauth sends nothing and says nothing: events and messages are ours."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["portal.foundation.front_door.stages.SecondFactor"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page that follows shows where one is."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Messages leave through the outbox."""


class SecondFactors(DefaultMFAAdapter):
    """Secrets are encrypted, and keys belong to the name that people open."""

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=OF_FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=OF_FACTORS)

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        return str(settings.UNFOLD["SITE_TITLE"])

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}
