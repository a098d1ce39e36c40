"""What an organisation decides about a channel."""

from django.db import models
from django.db.models import Q

from portal.foundation.base_models import tracked
from portal.foundation.people.models import ContactPoint


class ChannelRule(models.Model):
    """How one channel is used: cleared for confidential details or not, how long a receipt may take, how many messages a person gets.

    A channel without a rule is not cleared and keeps the limits of portal.foundation.channels.limits.
    """

    channel = models.CharField(max_length=20, choices=ContactPoint.Channel.choices, unique=True)
    cleared = models.BooleanField(
        "cleared for confidential details",
        default=False,
        help_text="Messages about confidential incidents carry their details here; elsewhere only number and link.",
    )
    receipt_within = models.DurationField(
        null=True, blank=True, help_text="Without a receipt after this long the next contact point is tried. Empty: the channel's default."
    )
    most = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="As many messages one person gets in the time beside it; what is more is put into one message."
    )
    within = models.DurationField(null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["channel"]
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                name="channel_limit_is_whole",
                condition=Q(most__isnull=True, within__isnull=True) | Q(most__gte=1, within__isnull=False),
                violation_error_message="Give the number of messages with the time, or neither.",
            )
        ]

    def __str__(self) -> str:
        return self.get_channel_display()
