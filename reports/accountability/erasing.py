"""What a person said about their record goes when their data is erased; that something was said, and when, stays."""

from .models import AccountabilityComment


def forget_comments(person_key: int) -> int:
    """Takes the words of `person_key` away, in the transaction of an erasure that two people let go; how many comments had some.

    Without that leave, or under a hold, the database refuses it.
    """
    return AccountabilityComment.objects.filter(person=person_key).exclude(text="").update(text="")
