"""How often a process that runs for long looks for garbage."""

import gc

# The standard 700 is for programs that make little: one run that is due makes more objects than that.
OBJECTS_BETWEEN = 50_000


def look_rarely() -> None:
    """What is loaded stays and is not looked at again; what batches make is mostly gone without a look.

    Looking took a quarter of the engine's time in a burst.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, 20, 20)
