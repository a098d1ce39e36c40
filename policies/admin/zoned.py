"""A day and a time of day in a named time zone: typed, read, and refused where the zone's clock does not show it once."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation.adminkit.moments import moment

# Beyond them, no time zone could be told for every reader.
YEARS = range(1970, 3000)


def at_local(naive: datetime, zone: ZoneInfo) -> datetime:
    """`naive` on the clocks of `zone`. Raises ValueError in words where that time is skipped, comes twice or is out of reach."""
    if naive.year not in YEARS:
        raise ValueError(f"The year {naive.year} is out of reach. Give one from {YEARS[0]} to {YEARS[-1]}.")
    at = naive.replace(tzinfo=zone)
    shown = at.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    again = at.replace(fold=1).utcoffset()
    day = f"{naive.day} {naive:%b %Y}"
    if shown != naive:
        raise ValueError(f"{naive:%H:%M} does not exist on {day} in {zone.key}: the clocks go forward then and show {shown:%H:%M} instead.")
    if at.utcoffset() != again:
        raise ValueError(
            f"{naive:%H:%M} comes twice on {day} in {zone.key}: the clocks go back then. Choose a time before or after that hour."
        )
    return at


class ZonedInput(forms.MultiWidget):
    """A day and a time, in the browser's own pickers."""

    zone = ZoneInfo("UTC")

    def __init__(self, label: str) -> None:
        day = UnfoldAdminTextInputWidget(attrs={"type": "date", "aria-label": f"{label}: day", "class": "pf-day"})
        hour = UnfoldAdminTextInputWidget(attrs={"type": "time", "aria-label": f"{label}: time", "class": "pf-hour"})
        super().__init__([day, hour])

    def decompress(self, value: Any) -> list[str]:
        if not isinstance(value, datetime):
            return ["", ""]
        local = value.astimezone(self.zone)
        return [f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        for part in context["widget"]["subwidgets"]:
            part["attrs"]["aria-label"] += f" in {self.zone.key}" if part["name"].endswith("_1") else ""
        return context


class ZonedMoment(forms.MultiValueField):
    """An instant, typed as day and time in `zone`; without a time, the day begins at 00:00. What was there already may stay."""

    widget: Any

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", ZonedInput(str(kwargs.get("label", "")) or "Time"))
        parts = (forms.DateField(required=False), forms.TimeField(required=False))
        self.kept: datetime | None = None
        super().__init__(parts, required=False, require_all_fields=False, **kwargs)

    def place_in(self, name: str, kept: datetime | None) -> None:
        """Reads and shows times in the zone called `name`; `kept` is what the thing has already."""
        self.widget.zone = ZoneInfo(name)
        self.kept = kept

    def compress(self, data_list: Any) -> datetime | None:
        day, hour = [*data_list, None, None][:2]
        if day in self.empty_values:
            if hour in self.empty_values:
                return None
            raise ValidationError("Give the day too.", code="incomplete")
        naive = datetime.combine(day, hour or time(0))
        if self.kept is not None and self.kept.astimezone(self.widget.zone).replace(tzinfo=None, microsecond=0, fold=0) == naive:
            return self.kept
        try:
            return at_local(naive, self.widget.zone)
        except ValueError as error:
            raise ValidationError(str(error), code="clock_change") from None


def in_policy_zone(version: Any, now: datetime, *, empty: str = "not yet") -> SafeString | str:
    """The start of `version` in its policy's time zone, named: '2 Mar 2026, 00:00 CET (Europe/Madrid)', with UTC on hover."""
    if version.effective_from is None:
        return empty
    zone = version.policy.time_zone
    with timezone.override(ZoneInfo(zone)):
        told = moment(version.effective_from, now)
    return format_html("{} ({})", told, zone) if zone != "UTC" else told
