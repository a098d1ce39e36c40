"""django-q2: the workers around the engine. `timeout` stays below `retry`, or a long job would run twice."""

from .env import number

Q_CLUSTER = {
    "name": "portal",
    "orm": "default",
    # Jobs are short; a second worker takes some 20 MB.
    "workers": int(number("JOB_WORKERS", 1)),
    "recycle": 500,
    "timeout": 120,
    "retry": 300,
    "max_attempts": 5,
    "ack_failures": False,
    "poll": 0.5,
    "catch_up": False,
    "save_limit": 1000,
    "label": "Jobs",
}
# How often the engine looks for due escalations, in seconds. Windows are minutes; a second is lost at most.
ENGINE_CYCLE_SECONDS = 1.0
# Level of a technical escalation from which on changes to its service are frozen; 0: the portal freezes nothing by itself.
CHANGE_FREEZE_FROM_LEVEL = int(number("CHANGE_FREEZE_FROM_LEVEL", 3))
