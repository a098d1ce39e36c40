"""What was removed with leave is found by nothing any more."""

from pathlib import Path
from typing import Any

import pytest

from audit.models import TrailForgotten, TrailPosting
from audit.reading.filing import file_all
from audit.reading.filters import Filters
from audit.reading.searching import page
from audit.reading.terms import number
from audit.retention.carrying_out import carry_out
from audit.retention.deciding import approve_removal
from audit.retention.erasure import ask_erasure
from portal.foundation import clock
from portal.foundation.base_models import save_tracked
from tests.audit.retention.long_ago import happened
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
WORD = Filters(text="zyxwva")


def test_after_an_erasure_the_index_keeps_no_word_of_what_went(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    ana, tom, left = person("Ana", roles=("compliance",)), person("Tom", roles=("compliance",)), person("Zyxwva", username="zyxwva")
    left.is_active = False
    save_tracked(left, actor=None, now=clock.now(), reason="Left.")
    chosen = happened(1, years=0, why="Zyxwva called about it.")
    file_all()
    assert len(page(WORD, ana).events) == 1
    removal = ask_erasure(left, actor=ana, now=clock.now(), reason="Request 12.", chosen=chosen)
    approve_removal(removal, actor=tom, now=clock.now(), reason="Request 12 is justified.")
    carry_out(removal, now=clock.now())
    assert page(WORD, ana).events == ()
    assert TrailPosting.objects.filter(term=number("w:zyxwva")).exists()
    file_all()
    assert not TrailPosting.objects.filter(term=number("w:zyxwva")).exists()
    assert TrailForgotten.objects.count() == 1
    assert page(WORD, ana).count.number == 0
