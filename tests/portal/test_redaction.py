"""Nothing secret is shown, and nothing forges a log line."""

import logging

import pytest

from portal.foundation.redaction import LineFormatter, mask_address, one_line


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://hooks.example.org/T000/B000/secret", "https://hooks.example.org/***"),
        ("slack://tokenA/tokenB/tokenC", "slack://***/***"),
        ("not an address", "***"),
        ("http://[broken", "***"),
    ],
)
def test_an_address_shows_its_kind_and_host_only(address: str, shown: str) -> None:
    assert mask_address(address) == shown


def test_credentials_in_urls_and_control_characters_do_not_reach_the_log() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "to postgres://ana:secret@db/x\nFORGED \x1b[31m\u202eline", (), None)
    line = LineFormatter("%(message)s").format(record)
    assert line == "to postgres://***@db/x\\nFORGED \\x1b[31m\\u202eline"


def test_plain_words_stay_as_they_are() -> None:
    assert one_line("Ana Ruiz did not acknowledge within 5 min · größer") == "Ana Ruiz did not acknowledge within 5 min · größer"
