"""What is looked at in thresholds, business impact, the matrix and exceptions."""

from .weights import ERROR, WARNING, Check

SEVERITY = (
    Check("threshold.none", WARNING, "There is no threshold: readings never declare an incident, people have to.", "Add a threshold."),
    Check(
        "threshold.no_condition", ERROR, "A threshold has no condition, so it can never hold.", "Add a condition or remove the threshold."
    ),
    Check(
        "threshold.no_such_level",
        ERROR,
        "A threshold starts at a level that does not exist.",
        "Add the level, or start at one that is there.",
    ),
    Check(
        "threshold.contradiction",
        ERROR,
        "All conditions of a threshold must hold, and two of them never hold together.",
        "Change one of the two, or let any condition do.",
    ),
    Check(
        "threshold.inverted",
        ERROR,
        "Whenever a threshold holds, another one with a worse severity holds too, so it never decides.",
        "Exchange the values or the severities, or remove one of the two.",
    ),
    Check(
        "threshold.overlap",
        WARNING,
        "Whenever a threshold holds, another one of the same severity holds too and starts no lower, so it adds nothing.",
        "Remove one of the two, or give them different severities or levels.",
    ),
    Check(
        "threshold.gap",
        WARNING,
        "Between the values of two thresholds lies a stretch of the same measure in which none holds.",
        "Let one of them reach as far as the other begins.",
    ),
    Check(
        "severity.gap", WARNING, "Between the severities in use one is skipped.", "Add a threshold for it, if incidents can be that bad."
    ),
    Check("condition.impossible", ERROR, "No value that the measure can have meets a condition.", "Correct the value or the comparison."),
    Check("condition.always", WARNING, "Every value that the measure can have meets a condition.", "Correct the value or the comparison."),
    Check(
        "condition.window", ERROR, "A condition has to hold for longer than it looks back.", "Make the observation window at least as long."
    ),
    Check("condition.twice", WARNING, "A threshold has the same condition twice.", "Remove one of them."),
    Check(
        "condition.no_such_measure",
        ERROR,
        "A condition is on a measure that nobody knows.",
        "Choose a measure that is there, or add it to the catalogue.",
    ),
    Check(
        "business.inverted",
        ERROR,
        "Whenever a business threshold holds, another one on the same measure with a worse impact holds too, so it never decides.",
        "Exchange the values or the impacts, or remove one of the two.",
    ),
    Check(
        "business.overlap",
        WARNING,
        "Whenever a business threshold holds, another one on the same measure with the same impact holds too, so it adds nothing.",
        "Remove one of the two, or give them different impacts.",
    ),
    Check(
        "business.gap",
        WARNING,
        "Between the impacts that a business measure can lead to, one is skipped.",
        "Add a business threshold for it, if there is such an impact.",
    ),
    Check("matrix.incomplete", ERROR, "The priority matrix has empty fields.", "Fill all nine fields, or leave the whole matrix out."),
    Check(
        "matrix.not_monotone",
        WARNING,
        "In the priority matrix a worse impact or urgency leads to a less urgent priority.",
        "Exchange the priorities.",
    ),
    Check(
        "exception.no_such_level",
        ERROR,
        "An exception starts at a level that does not exist.",
        "Add the level, or start at one that is there.",
    ),
    Check(
        "exception.review_overdue",
        WARNING,
        "The review of an exception is overdue. It keeps working.",
        "Look at it again and give it a new day, or remove it.",
    ),
    Check("exception.owner_left", WARNING, "The owner of an exception can no longer sign in. It keeps working.", "Give it another owner."),
    Check("exception.twice", WARNING, "Two exceptions look for the same thing.", "Keep the one that starts at the right level."),
)
