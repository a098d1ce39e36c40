"""What stands in the boxes of the dashboards can be read to its end, on wide and on narrow screens."""

from typing import Any

import pytest

from tests.factories.portal import person

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
# How far each box's text would reach over what is left of the arrow, in pixels.
OVER = """() => [...document.querySelectorAll('select.db-select')].map(box => {
    const style = getComputedStyle(box), pen = document.createElement('canvas').getContext('2d')
    pen.font = style.font
    const room = box.clientWidth - parseFloat(style.paddingLeft) - Math.max(parseFloat(style.paddingRight), 24)
    return pen.measureText(box.selectedOptions[0].text).width - room
})"""


@pytest.mark.parametrize("width", [1440, 390])
def test_no_text_touches_the_arrow_of_its_box(browser: Any, live_server: Any, width: int) -> None:
    person("Priya Nair", username="priya", password=PASSWORD, roles=("compliance",))
    page = signed_in(browser, live_server.url, "priya", width=width)
    page.goto(f"{live_server.url}/admin/reports/dashboard/figures/")
    over = page.evaluate(OVER)
    assert over
    assert [each for each in over if each > 0] == []
    assert page.refused == []
