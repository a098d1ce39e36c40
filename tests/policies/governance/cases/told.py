"""Messages, announcements, promises, law."""

from dataclasses import replace

from policies.decisions.vocabulary import Track

from .base import (
    ANA,
    GOOD,
    HEAD,
    HOUR,
    MESSAGES,
    MINUTE,
    NORA,
    OMAR,
    RAJ,
    SPEAKS,
    Pair,
    good,
    legal,
    level,
    message,
    people,
    saying,
    serving,
    targets,
)

SPOKEN = replace(SPEAKS, person_id=None, role_id=HEAD, speaker="Head of payments")

TOLD: dict[str, Pair] = {
    "message.unknown_variable": (
        lambda: saying(messages=(*MESSAGES, message(Track.TECHNICAL, number=1, body="{{ incident.secret }}"))),
        lambda: saying(messages=(*MESSAGES, message(Track.TECHNICAL, number=1, body="{{ incident.title }}"))),
    ),
    "message.no_such_level": (
        lambda: saying(messages=(*MESSAGES, message(Track.COMPLIANCE, number=2))),
        lambda: saying(messages=(*MESSAGES, message(Track.COMPLIANCE, number=1))),
    ),
    "message.none": (lambda: saying(messages=MESSAGES[:1]), good),
    "announcement.none": (lambda: saying(announcements=()), good),
    "announcement.speaker_left": (
        lambda: people(replace(GOOD, announcements=(SPOKEN,)), roles={HEAD: (OMAR, ANA)}, gone=frozenset({OMAR, ANA})),
        lambda: people(replace(GOOD, announcements=(SPOKEN,)), roles={HEAD: (OMAR, ANA)}, gone=frozenset({OMAR})),
    ),
    "announcement.first_after_update": (
        lambda: saying(announcements=(replace(SPEAKS, first_within=HOUR + MINUTE),)),
        lambda: saying(announcements=(replace(SPEAKS, first_within=HOUR),)),
    ),
    "promise.response": (lambda: serving(promised_response=14 * MINUTE), lambda: serving(promised_response=15 * MINUTE)),
    "promise.resolution": (lambda: serving(promised_resolution=3 * HOUR), lambda: serving(promised_resolution=4 * HOUR)),
    "law.window": (
        lambda: legal(level(1, targets(NORA, RAJ), 24 * 60 + 1), regulated=True),
        lambda: legal(level(1, targets(NORA, RAJ), 24 * 60 + 1), regulated=False),
    ),
    "law.worst_case": (
        lambda: legal(level(1, targets(NORA, RAJ), 121), level(2, targets(OMAR, ANA), 120), regulated=True),
        lambda: legal(level(1, targets(NORA, RAJ), 120), level(2, targets(OMAR, ANA), 120), regulated=True),
    ),
}
