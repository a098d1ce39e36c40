"""Who is signed in where, and who tried in vain."""

from datetime import datetime
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


class ApiToken(models.Model):
    """A key by which a program uses the API in the name of its owner. Of the token itself only a hash is kept; it is known by `key_id`."""

    owner = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField("what for", max_length=80)
    key_id = models.CharField("token", max_length=8, unique=True)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.CharField(max_length=500, help_text="What it is good for, as far as its owner may do it at that moment.")
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("made")
    expires_at = models.DateTimeField("ends")
    last_used_at = models.DateTimeField("last used", null=True, help_text="To five minutes.")
    warned_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True)
    revoked_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ("view", "change")
        verbose_name = "API token"
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(name="token_ends_after_it_starts", condition=models.Q(expires_at__gt=models.F("made_at"))),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(revoked_at=None), name="tokens_that_end")]

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at `now`, as far as the token itself goes."""
        return self.revoked_at is None and now < self.expires_at
