"""django-q2: the workers around the engine. `timeout` stays below `retry`, or a long job would run twice."""

Q_CLUSTER = {
    "name": "portal",
    "orm": "default",
    "workers": 2,
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
