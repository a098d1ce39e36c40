"""What is looked at in messages, announcements, promises to customers and terms of law."""

from .weights import ERROR, NOTE, WARNING, Check

TOLD = (
    Check(
        "message.unknown_variable",
        ERROR,
        "A message names something that it cannot be given.",
        "Correct the name; the form shows what there is.",
    ),
    Check(
        "message.no_such_level",
        WARNING,
        "A message is written for a level that does not exist, so nobody ever gets it.",
        "Remove it, or write it for a level that is there.",
    ),
    Check("message.none", NOTE, "A track has no message of its own for its audience: the standard text is sent.", ""),
    Check("announcement.none", NOTE, "Nobody is named who speaks about the most severe incidents.", ""),
    Check("announcement.speaker_left", WARNING, "Nobody who is there would speak.", "Name somebody else, or give the role to somebody."),
    Check(
        "announcement.first_after_update",
        WARNING,
        "The first announcement may come later than updates follow each other.",
        "Announce earlier, or update less often.",
    ),
    Check(
        "promise.response",
        WARNING,
        "A level's window is longer than the response that customers of a service were promised.",
        "Shorten the window.",
    ),
    Check(
        "promise.resolution",
        WARNING,
        "The milestone, or the way to the last level, is longer than the resolution that customers of a service were promised.",
        "Set an earlier milestone, or shorten windows.",
    ),
    Check(
        "law.window",
        ERROR,
        "A single window of the legal and compliance track is longer than the law gives from becoming aware.",
        "Shorten the window.",
    ),
    Check(
        "law.worst_case",
        WARNING,
        "If nobody answers, the legal and compliance track takes longer than the law gives.",
        "Shorten the windows.",
    ),
)
