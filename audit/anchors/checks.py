"""LEDGER_ANCHORS is looked at when the portal starts, not when the first checkpoint is to be shown."""

from typing import Any

from django.core.checks import CheckMessage, Error

from .configured import FORMS, problems


def check_anchors(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [Error(f"LEDGER_ANCHORS: {words}", hint=f"Addresses separated by spaces: {FORMS}.", id="audit.E001") for words in problems()]
