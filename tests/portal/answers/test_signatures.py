"""Our own check of signatures agrees with the vendors' clients."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier
from twilio.request_validator import RequestValidator

from portal.foundation.answers.signatures import slack_signature_fits, telephone_signature_fits

SECRET = "12345"
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
URLS = st.sampled_from(
    [
        "https://portal.example/hooks/telephone/status/",
        "https://portal.example:8443/hooks/x/?a=1&b=2",
        "http://portal.example:80/x",
        "http://127.0.0.1:8000/x",
    ]
)


def test_the_example_of_the_vendor_fits() -> None:
    params = {"CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030", "To": "+18005551212"}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert telephone_signature_fits(url, list(params.items()), "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "12345")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(url=URLS, params=st.dictionaries(WORDS, WORDS, max_size=5))
def test_what_the_vendors_client_signs_fits_and_nothing_else_does(url: str, params: dict[str, str]) -> None:
    signature = RequestValidator(SECRET).compute_signature(url, params)
    assert telephone_signature_fits(url, list(params.items()), signature, SECRET)
    assert RequestValidator(SECRET).validate(url, params, signature)
    for changed in ([*params.items(), ("Digits", "1")], [(name, f"{value}x") for name, value in params.items()] or [("a", "b")]):
        assert telephone_signature_fits(url, changed, signature, SECRET) == RequestValidator(SECRET).validate(url, dict(changed), signature)
    assert not telephone_signature_fits(url, list(params.items()), signature, "another secret")
    assert not telephone_signature_fits(f"{url}x", list(params.items()), signature, SECRET)


def test_a_form_that_was_encoded_anew_is_the_same_form() -> None:
    url, params = "https://portal.example/x", {"Body": "ack 12 + más", "From": "+34600123456"}
    signature = RequestValidator(SECRET).compute_signature(url, params)
    encoded = urlencode(params).replace("+", "%20").replace("m", "%6d")
    assert telephone_signature_fits(url, parse_qsl(encoded), signature, SECRET)


@pytest.mark.parametrize("signature", ["", "=", "é", "\ud800", "A" * 100_000])
def test_whatever_stands_in_the_header_is_no_error(signature: str) -> None:
    assert not telephone_signature_fits("https://portal.example/", [("a", "\ud800")], signature, SECRET)


class Fixed(Clock):
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> float:
        return self.at.timestamp()


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=WORDS, age=st.integers(-400, 400))
def test_slacks_own_check_says_the_same_of_body_and_age(body: str, age: int) -> None:
    made_at = str(int((NOW - timedelta(seconds=age)).timestamp()))
    theirs = SignatureVerifier(SECRET, Fixed(NOW))
    signature = theirs.generate_signature(timestamp=made_at, body=body) or ""
    assert slack_signature_fits(body.encode(), made_at, signature, SECRET, NOW) == theirs.is_valid(body, made_at, signature)
    assert not slack_signature_fits(body.encode() + b" ", made_at, signature, SECRET, NOW)
    assert not slack_signature_fits(body.encode(), made_at, signature, "another secret", NOW)


@pytest.mark.parametrize("made_at", ["", "now", "-1", "1" * 400, "١٢٣", "1e9", "nan"])
def test_a_time_that_is_none_is_too_old(made_at: str) -> None:
    assert not slack_signature_fits(b"", made_at, "v0=", SECRET, NOW)
