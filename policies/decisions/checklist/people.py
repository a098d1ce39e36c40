"""What is looked at in duty, contact points, owners and mandates."""

from .weights import ERROR, NOTE, WARNING, Check

PEOPLE = (
    Check(
        "coverage.gap",
        WARNING,
        "Within 90 days of its start, a schedule the policy relies on has times with nobody on duty who is still there.",
        "Add people or overrides for these times, or move the first hand-over.",
    ),
    Check("schedule.left", WARNING, "Somebody in a rotation can no longer sign in.", "Take them out of the rotation."),
    Check(
        "schedule.no_contact",
        WARNING,
        "Somebody in a rotation has no active contact point, so no alert reaches them on duty.",
        "Ask them to add one, or take them out of the rotation.",
    ),
    Check("schedule.clock_change", NOTE, "The clocks change within 90 days: one shift is longer or shorter by as much.", ""),
    Check(
        "contact.unverified",
        WARNING,
        "Somebody whom the policy alerts has not shown that messages reach them. They are alerted all the same.",
        "Ask them to enter the code that is sent to their contact point.",
    ),
    Check(
        "contact.expired",
        WARNING,
        "Somebody whom the policy alerts has not shown for half a year that messages reach them. They are alerted all the same.",
        "Ask them to enter a new code that is sent to their contact point.",
    ),
    Check("owner.left", ERROR, "The owner of the policy can no longer sign in.", "Give the policy another owner."),
    Check(
        "owner.no_contact",
        WARNING,
        "The owner, who is told when nobody answered, has no active contact point.",
        "Ask them to add one, or give the policy another owner.",
    ),
    Check("level.owner_left", WARNING, "The owner of a level can no longer sign in.", "Give the level another owner."),
    Check(
        "mandate.owner_left",
        ERROR,
        "The owner of a level holds a mandate and can no longer sign in: nobody may do what it allows.",
        "Give the level another owner, or remove the mandate.",
    ),
    Check("mandate.over", ERROR, "A mandate is past its term.", "Have it renewed and set its new last day, or remove it."),
    Check("mandate.ends_soon", WARNING, "A mandate ends within 90 days.", "Have it renewed and set its new last day."),
)
