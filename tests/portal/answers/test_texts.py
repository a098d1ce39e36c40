"""What people write back."""

import pytest

from portal.foundation.answers.texts import Said, read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ACK", ""),
        (" ack. ", ""),
        ("Acknowledge!", ""),
        ("acknowledged", ""),
        ("ACK 12", "12"),
        ("ack #12.", "12"),
        ("Ack: INC-000012", "12"),
        ("ack inc000012c", "12C"),
        ("ACK 12c", "12C"),
        ("'ACK 12'", "12"),
        ("ack\n12\n", "12"),
    ],
)
def test_an_acknowledgement_is_understood_as_people_write_it(text: str, code: str) -> None:
    assert read(text) == Said(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "no ack",
        "ACK not mine",
        "backup",
        "ack 12 15",
        "ack twelve",
        "ack 0",
        "STOP",
        "1",
        "ack \u0661\u0662",
        "ack нет",
        "ack 👎",
        "ack 12CC",
        "a" * 5_000,
        "\x00",
    ],
)
def test_everything_else_is_no_acknowledgement(text: str) -> None:
    assert read(text) is None
