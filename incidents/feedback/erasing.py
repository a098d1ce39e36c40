"""Words of feedback go with the data of somebody whom they name, or whose own they may be; that something was said, and its number, stay."""

from collections.abc import Iterable

from audit.retention.erasure import words_for
from audit.retention.models import LegalHold
from portal.foundation.people.models import User

from .models import Feedback, FeedbackWords
from .queries import hold_on


def forget_words(person_key: int) -> int:
    """Takes away words in which a name or an address of the person stands, and those that the person recorded of a team: perhaps their own.

    Called while the names are still known; reads all words once. What a legal hold is on stays. How many went.
    """
    names = words_for(User.objects.get(pk=person_key))
    found = [
        words
        for words in FeedbackWords.objects.filter(erased=False).exclude(text="").select_related("feedback").iterator(500)
        if _their_own(words, person_key) or is_named(names, words.text)
    ]
    if found and LegalHold.objects.filter(lifted_at=None).exists():
        found = [words for words in found if hold_on(words.feedback) is None]
    return FeedbackWords.objects.filter(pk__in=[words.pk for words in found]).update(text="", erased=True)


def is_named(names: Iterable[str], text: str) -> bool:
    """Whether one of `names` stands in `text`, whatever its case. 'Ana' is not in 'analysis'; scripts without case put words together."""
    folded = text.casefold()
    return any(_stands_in(name.casefold(), folded) for name in names)


def _stands_in(name: str, text: str) -> bool:
    start = text.find(name)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(name) : start + len(name) + 1]
        if not _goes_on(before) and not _goes_on(after):
            return True
        start = text.find(name, start + 1)
    return False


def _goes_on(letter: str) -> bool:
    """Whether a word goes on with it: a letter of a script that has capitals."""
    return letter.lower() != letter.upper()


def _their_own(words: FeedbackWords, person_key: int) -> bool:
    return words.by_id == person_key and words.feedback.giver == Feedback.Giver.TEAM
