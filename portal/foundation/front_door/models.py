"""Who is signed in where, and who tried in vain."""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from .devices import device_in_words


class BrowserSession(AbstractBaseSession):
    """One browser's session. Its key stands here hashed: whoever reads this table, or a backup of it, comes in with none of them."""

    user = models.ForeignKey("portal.User", null=True, on_delete=models.CASCADE, related_name="browser_sessions")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=250, blank=True)
    since = models.DateTimeField(help_text="When the person signed in.")
    seen_at = models.DateTimeField(help_text="To the minute.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.device

    @property
    def device(self) -> str:
        return device_in_words(self.agent)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore


class WrongTries(models.Model):
    """Wrong passwords or codes in a row. `key` is a keyed hash of what they are counted for: what was typed stands nowhere."""

    key = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey("portal.User", null=True, on_delete=models.CASCADE, related_name="wrong_tries")
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "wrong tries"
        indexes = [models.Index(fields=["since"], name="wrong_tries_age")]

    def __str__(self) -> str:
        return f"{self.tries} wrong tries"


class LinkedIdentity(models.Model):
    """That an identity at a provider of OpenID Connect is a person here. Only issuer and subject count: names and addresses can change hands."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="linked_identities")
    issuer = models.CharField(max_length=250)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "linked identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_identity")]

    def __str__(self) -> str:
        return f"an identity at {self.issuer}"
