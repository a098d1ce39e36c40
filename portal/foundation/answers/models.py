"""What a provider or a person sent back, kept so that the same does not count twice."""

from django.db import models


class Callback(models.Model):
    """One call of a provider that was accepted as genuine, and what came of it. Holds no address and no secret."""

    class Source(models.TextChoices):
        TELEPHONE = "telephone", "telephone service"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        LINK = "link", "signed link"

    source = models.CharField(max_length=20, choices=Source.choices)
    kind = models.CharField(max_length=30, help_text="Status, reply, keypad, button.")
    digest = models.CharField(max_length=64, unique=True, help_text="Of what makes it the same call again.")
    received_at = models.DateTimeField()
    message = models.ForeignKey("portal.OutboxMessage", null=True, on_delete=models.SET_NULL, related_name="callbacks")
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    told = models.CharField(max_length=60, blank=True, help_text="What it said: a status, or a verb.")
    outcome = models.CharField(max_length=250, help_text="What came of it, in words.")

    class Meta:
        ordering = ["-received_at", "-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["-received_at"], name="callback_newest")]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.told}"
