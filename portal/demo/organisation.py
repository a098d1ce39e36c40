"""The demo organisation as data: a mid-sized payment company with teams in three time zones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`role` is a key of the role catalogue; who is not among `SIGN_INS` has a phone and a role, but no password."""

    username: str
    name: str
    time_zone: str
    team: str = ""
    role: str = "responder"


MADRID, NEW_YORK, SINGAPORE = "Europe/Madrid", "America/New_York", "Asia/Singapore"

PEOPLE = (
    Person("admin", "Robin Hale", MADRID, role="administrator"),
    Person("manager", "Marta Lindqvist", MADRID, role="manager"),
    Person("approver", "Daniel Okafor", MADRID, role="approver"),
    Person("second.approver", "Ines Ferreira", MADRID, role="approver"),
    Person("compliance", "Priya Nair", SINGAPORE, role="compliance"),
    Person("auditor", "Helene Fischer", "Europe/Berlin", role="auditor"),
    Person("commander", "Ana Ruiz", MADRID, "Payments platform", "commander"),
    Person("responder", "Tom Berg", MADRID, "Payments platform", "responder"),
    Person("stakeholder", "Grace Miller", NEW_YORK, role="stakeholder"),
    Person("sofia.rossi", "Sofia Rossi", MADRID, "Payments platform"),
    Person("omar.haddad", "Omar Haddad", MADRID, "Payments platform"),
    Person("noah.clark", "Noah Clark", NEW_YORK, "Card operations"),
    Person("emma.novak", "Emma Novak", NEW_YORK, "Card operations"),
    Person("yuki.tanaka", "Yuki Tanaka", SINGAPORE, "Ledger and settlement"),
    Person("liam.chen", "Liam Chen", SINGAPORE, "Ledger and settlement"),
    Person("lena.brandt", "Lena Brandt", "Europe/Berlin"),
    Person("jack.osei", "Jack Osei", MADRID),
)

# Who is told what somebody left undone: a person, and their manager.
MANAGERS = (("commander", "manager"), ("responder", "commander"), ("sofia.rossi", "commander"), ("manager", "second.approver"))

SIGN_INS = ("admin", "manager", "approver", "second.approver", "compliance", "auditor", "commander", "responder", "stakeholder")

BUSINESS_UNITS = ("Payments", "Operations", "Corporate")

# Name, business unit, time zone, on-call rotation by username in order.
TEAMS = (
    ("Payments platform", "Payments", MADRID, ("responder", "sofia.rossi", "omar.haddad")),
    ("Card operations", "Operations", NEW_YORK, ("noah.clark", "emma.novak")),
    ("Ledger and settlement", "Payments", SINGAPORE, ("yuki.tanaka", "liam.chen")),
)

# Name, key, tier, business unit, team, regulated, components.
SERVICES = (
    ("Card payments", "card-payments", 1, "Payments", "Payments platform", True, ("Authorisation", "Terminal gateway", "3-D Secure")),
    ("Instant transfers", "instant-transfers", 1, "Payments", "Ledger and settlement", True, ("SEPA connector", "Limits")),
    ("Settlement", "settlement", 1, "Payments", "Ledger and settlement", True, ("Batch", "Reconciliation")),
    ("Fraud screening", "fraud-screening", 1, "Operations", "Card operations", True, ("Rules", "Scoring")),
    ("Merchant portal", "merchant-portal", 2, "Operations", "Card operations", False, ("Sign-in", "Reports")),
    ("Customer app", "customer-app", 2, "Payments", "Payments platform", False, ("iOS", "Android", "Push")),
    ("Data warehouse", "data-warehouse", 3, "Corporate", "Card operations", False, ("Loads",)),
)

REGIONS = ("Europe", "Americas", "Asia Pacific")

# Name, holder, deputy.
FUNCTIONS = (
    ("Head of payments", "manager", "commander"),
    ("Data protection officer", "lena.brandt", "compliance"),
    ("Head of communications", "jack.osei", "stakeholder"),
)

# Name, criticality 1 normal to 3 vital.
SEGMENTS = (("Hospitals and pharmacies", 3), ("Large merchants", 2), ("Small merchants", 1))

# Title, steps, services by key.
RUNBOOKS = (
    (
        "Acquirer declines or times out",
        "1. Look at the acquirer's status page.\n2. Route new payments to the second acquirer.\n3. Tell card operations which payments to repeat.",
        ("card-payments",),
    ),
    (
        "Personal data may have leaked",
        "1. Keep the evidence: no restarts, no deletions.\n2. Close the way out.\n3. Give the data protection officer what is known: which data, "
        "whose, since when.",
        ("card-payments", "customer-app", "merchant-portal"),
    ),
)

# The priority of each impact (row) and urgency (column), 1 high to 3 low.
MATRIX = ((1, 1, 2), (1, 3, 3), (3, 4, 5))

# What past incidents were about: service key, title, impact, urgency, and what monitoring read (measure, value), if anything.
PAST = (
    ("card-payments", "Authorisations time out at two acquirers", 1, 2, ("transaction_failure_percent", "12.5")),
    ("card-payments", "3-D Secure challenge page does not load", 2, 2, ("transaction_failure_percent", "6.1")),
    ("instant-transfers", "Transfers stuck in 'pending' for some banks", 2, 1, ("latency_ms", "14000")),
    ("merchant-portal", "Sign-in fails for users with two factors", 2, 2, None),
    ("card-payments", "Terminal gateway refuses new connections", 1, 1, ("latency_ms", "4200")),
    ("settlement", "Batch for Nordic merchants finished late", 2, 2, None),
    ("card-payments", "Authorisation answers slowly at peak", 2, 2, ("latency_ms", "1900")),
    ("fraud-screening", "Scoring answers after its time limit", 2, 2, None),
    ("instant-transfers", "No transfer leaves the SEPA connector", 1, 1, ("downtime_minutes", "22")),
    ("customer-app", "Push notifications arrive hours late", 3, 2, None),
    ("card-payments", "One acquirer declines every third payment", 2, 2, ("transaction_failure_percent", "7.8")),
    ("settlement", "Reconciliation shows a difference of 41 items", 3, 3, None),
    ("merchant-portal", "Monthly report is empty", 3, 3, None),
    ("instant-transfers", "Daily limit is applied twice", 3, 2, None),
    ("data-warehouse", "Night load did not finish", 3, 3, None),
)

KNOWN_ERROR = (
    "Terminal gateway exhausts its connections after a certificate change",
    "Terminals are refused; the gateway logs 'too many open sessions'.",
    "Restart the gateway nodes one at a time. Connections recover within two minutes.",
)

WARNINGS_ACCEPTED = "Known to the risk committee; backups and contact points follow with the next staffing plan."

# What was learned when nobody was quick enough, and what is done about it.
LEARNED = {
    "impact": "Merchants could not be paid out; about one in twenty payments failed until the rollback.",
    "contributing": "The alert came over a channel that is silent at night. The first on call had two incidents at once, and the rule for busy people "
    "was not yet part of the policy.",
    "went_well": "The third level found the change that had started it within minutes of being alerted.",
    "lessons": "A change on a Friday evening needs somebody who watches it. Alerts at night go over a channel that rings.",
}
ACTION = "Alerts of severity 1 and 2 ring at night"
# From whom, how, how satisfied from 1 to 5 (None: no number was told), and in which words. The customers are mostly those of card payments.
FEEDBACK = (
    ("customer", "mail", 4, "We were told at once, and it was over before our evening trade."),
    ("customer", "survey", 5, ""),
    ("customer", "call", 2, "Nobody could say for an hour when our terminals would work again."),
    ("team", "meeting", 4, "The hand-over said what had been tried."),
    ("customer", "survey", 3, ""),
    ("stakeholder", "mail", 4, "The message said what to tell customers."),
    ("customer", "survey", 5, ""),
)
FREEZE = "The bank holidays: few people are here, and the shops are full."
# What began although changes were frozen, why, and who said that it could not wait.
CHANGE = "Send the traffic over the second data centre"
CHANGE_SAID = "Customers were waiting, and the commander was on the line."
CHANGE_APPROVED = "It is the fix: without it the queue goes on growing."
