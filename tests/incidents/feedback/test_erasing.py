"""Words of feedback go with the data of whom they name, and no sooner."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.models import LedgerEvent
from audit.retention.carrying_out import carry_out
from audit.retention.deciding import approve_removal
from audit.retention.erasure import ask_erasure
from audit.retention.holds import place_hold
from incidents.feedback.erasing import is_named
from incidents.models import Feedback, FeedbackWords
from portal.foundation import clock
from portal.foundation.base_models import save_tracked
from portal.models import User
from tests.factories.feedback import feedback
from tests.factories.incidents import service
from tests.factories.portal import person

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ana Ruiz answered.", True),
        ("ANA RUIZ!", True),
        ("(ana ruiz)", True),
        ("Ana Ruizova answered.", False),
        ("Banana Ruiz", False),
        ("Ana", False),
        ("", False),
        ("شكرا لليلى محمد", True),
        ("感谢王小明的帮助", True),
        ("Straße", True),
    ],
)
def test_a_name_is_found_whole_whatever_its_case_and_script(text: str, named: bool) -> None:
    assert is_named(("Ana Ruiz", "ليلى محمد", "王小明", "STRASSE"), text) is named


@pytest.fixture
def gone(db: None, tmp_path: Path, settings: Any) -> User:
    """Somebody who has left."""
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    left = person("Zyxwva Leaver", roles=("manager",))
    cards = service("Card payments")
    other = person("Rolf Responder", roles=("responder",))
    feedback(NOW, actor=other, service=cards, text="zyxwva leaver was rude 🔥", satisfaction=1)
    feedback(NOW, actor=other, service=cards, text="Somebody was kind.", satisfaction=5)
    feedback(NOW, actor=left, service=cards, text="I had no runbook.", giver="team")
    feedback(NOW, actor=left, service=cards, text="The customer thanks us.")
    left.is_active = False
    save_tracked(left, actor=None, now=NOW, reason="Left.")
    return left


def approved(left: User) -> Any:
    ana, tom = (person(name, roles=("compliance",)) for name in ("Ana", "Tom"))
    removal = ask_erasure(left, actor=ana, now=clock.now(), reason="Request 12.")
    approve_removal(removal, actor=tom, now=clock.now(), reason="Request 12 is justified.")
    return removal


def said() -> list[str]:
    return list(FeedbackWords.objects.order_by("pk").values_list("text", flat=True))


def test_what_names_them_and_what_may_be_their_own_goes_and_the_numbers_stay(gone: User) -> None:
    carry_out(approved(gone), now=clock.now())
    assert said() == ["", "Somebody was kind.", "", "The customer thanks us."]
    assert list(Feedback.objects.order_by("pk").values_list("satisfaction", flat=True)) == [1, 5, 4, 4]
    [done] = LedgerEvent.objects.filter(type="erasure.done")
    assert json.loads(done.payload)["details"]["own_words"] == 2
    assert "rude" not in "".join(LedgerEvent.objects.values_list("payload", flat=True))


def test_what_a_hold_is_on_stays_and_the_rest_goes(gone: User) -> None:
    held = Feedback.objects.order_by("pk").first()
    assert held is not None
    place_hold(
        actor=person("Olga", roles=("compliance",)), now=NOW, reason="A dispute.", object_model="incidents.feedback", object_pk=str(held.pk)
    )
    carry_out(approved(gone), now=clock.now())
    assert said() == ["zyxwva leaver was rude 🔥", "Somebody was kind.", "", "The customer thanks us."]
