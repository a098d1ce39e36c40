"""Nothing secret is shown, and nothing forges a log line."""

import logging

import pytest
from django.urls import URLPattern, get_resolver

from portal.foundation.redaction import SECRET_PATHS, LineFormatter, mask_address, one_line


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


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('"GET /calendars/Abc-d_ef9.ics HTTP/1.1" 200', '"GET /calendars/***.ics HTTP/1.1" 200'),
        ('"GET /duty/Abc-d_ef9/ HTTP/1.1" 200', '"GET /duty/***/ HTTP/1.1" 200'),
        ("Not Found: /answer/Abc%2Dd%5Fef9/", "Not Found: /answer/***/"),
        (
            "https://portal.example.com/in/answer/Abc-d_ef9?next=/duty/Abc-d_ef9/",
            "https://portal.example.com/in/answer/***?next=/duty/***/",
        ),
        ("/duty/short/ and /duties/Abc-d_ef9/ hold no key", "/duty/short/ and /duties/Abc-d_ef9/ hold no key"),
    ],
)
def test_keys_that_stand_in_a_path_do_not_reach_the_log(line: str, shown: str) -> None:
    assert one_line(line) == shown


def test_every_path_with_a_key_in_it_is_masked() -> None:
    routes = [str(each.pattern) for each in get_resolver().url_patterns if isinstance(each, URLPattern)]
    assert {route.partition("/")[0] for route in routes if "token" in route} <= set(SECRET_PATHS)


def test_plain_words_stay_as_they_are() -> None:
    assert one_line("Ana Ruiz did not acknowledge within 5 min · größer") == "Ana Ruiz did not acknowledge within 5 min · größer"
