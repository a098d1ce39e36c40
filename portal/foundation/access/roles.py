"""The roles, as data: what each may do, named as permission strings. `manage.py sync_roles` makes the groups say the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the organisation. `title` is the group's name, `may` its permissions."""

    key: str
    title: str
    purpose: str
    may: tuple[str, ...]


def _all(app: str, *models: str, verbs: tuple[str, ...] = ("view",)) -> tuple[str, ...]:
    return tuple(f"{app}.{verb}_{model}" for model in models for verb in verbs)


EDIT = ("view", "add", "change", "delete")
_CATALOGUE = ("businessunit", "team", "service", "component")
_NAMED = ("region", "role", "customersegment", "runbook", "ownmeasure")
_PLAN_CONTENT = ("rotalayer", "layermember", "layerwindow")
_DUTY = ("oncallschedule", "scheduleplan", *_PLAN_CONTENT, "oncalloverride", "dutyabsence", "dutyswap", "holidaycalendar", "holiday")
_POLICY_CONTENT = (
    *("threshold", "criterion", "level", "target", "severityoverride", "businessthreshold"),
    *("prioritycell", "exceptionrule", "messagetemplate", "announcementprotocol"),
)
_POLICY = ("escalationpolicy", "policyversion", "approval", "urgentpublication", *_POLICY_CONTENT)
# A draft changes nothing by itself; whoever has these may write one and ask others to approve it.
_DRAFT = (
    *_all("policies", "policyversion", verbs=("view", "add", "change")),
    *_all("policies", *_POLICY_CONTENT, verbs=EDIT),
    "policies.submit_policyversion",
)
# Who looked at a policy again, who must know it, who accepted which version of it.
_KNOWLEDGE = ("policyreview", "knowledgeduty", "acceptance", "trainingrecord")
_KEEP_KNOWLEDGE = (*_all("policies", "knowledgeduty", verbs=EDIT), *_all("policies", "trainingrecord", verbs=("view", "add", "change")))
_INCIDENT = (
    "incident",
    "impactreading",
    "timelineentry",
    "escalationrun",
    "escalationstep",
    "problem",
    "incidentproblem",
    "knownerror",
    "changerequest",
    "incidentchange",
    "changefreeze",
    "mandateuse",
    *("postmortem", "postmortemaction", "feedback"),
    "handoff",
    *("drill", "drillpart", "drillfailure", "drillfinding"),
)

# Calendars kept elsewhere that say who is on duty, and feeds that calendar programs read.
_SEE_CALENDARS = _all("policies", "calendarsource", "calendarfeed", "importedduty", "feedaccess")
# What the last check of the duty ahead found.
_COVERAGE = ("coveragefinding", "coveragerun", "schedulecoverage")

_SEE_RULES = _all("policies", *_CATALOGUE, *_NAMED, *_DUTY, *_POLICY, *_COVERAGE, "delegatedauthority")
_SEE_INCIDENTS = _all("incidents", *_INCIDENT)
# What whoever works an incident does with it. It can be granted on one incident, one service or one business unit.
RESPOND = (
    "incidents.add_incident",
    "incidents.change_incident",
    "incidents.acknowledge_incident",
    "incidents.resolve_incident",
    "incidents.note_incident",
    "incidents.add_impactreading",
    "incidents.escalate_incident",
)
# What is learned from an incident, and what is done about it.
_LEARN = ("incidents.change_postmortem", *_all("incidents", "postmortemaction", verbs=("add", "change", "delete")))
# What customers, teams and stakeholders said: whoever hears it records it; others say what follows.
_HEAR = ("incidents.add_feedback",)
_HEED = (*_HEAR, "incidents.change_feedback")
# Freezing changes, and letting one begin all the same; never who requested it.
_APPROVE_CHANGES = ("incidents.approve_changerequest",)
_FREEZE = ("incidents.add_changefreeze", "incidents.lift_changefreeze", *_APPROVE_CHANGES)
# What departs from the route of a policy, or stops it for a while.
_COMMAND = ("incidents.deescalate_incident", "incidents.bypass_escalation", "incidents.hold_escalation")
# Everybody records their own absences and answers their own swaps; this puts others on duty, in the middle of an incident.
_STAND_IN = ("policies.add_oncalloverride", "policies.change_oncalloverride")
# Rehearsing an escalation: planning it, and starting and stopping it.
_DRILL = (
    *_all("incidents", "drill", "drillfinding", verbs=("view", "add", "change")),
    *_all("incidents", "drillpart", "drillfailure", verbs=EDIT),
    "incidents.run_drill",
)
# How long the trail is kept, what is held, and what goes. Compliance asks; another of compliance or an approver decides, never who asked.
_SEE_RETENTION = _all("audit", "retentionperiod", "legalhold", "removal")
_RETAIN = (
    "audit.change_retentionperiod",
    *("audit.place_legalhold", "audit.lift_legalhold"),
    *("audit.ask_removal", "audit.approve_removal"),
)
# Which duties must not meet in one person, and what is done where they do. Nobody decides about themselves.
_SEE_DUTIES = _all("audit", "dutypair", "dutyfinding", "dutyexception")
_KEEP_APART = ("audit.change_dutypair", "audit.cover_dutyfinding", "audit.remove_dutyright")
# A role taken for minutes: everybody who may do so sees who did, and others review it.
_BREAK_GLASS = ("audit.view_elevation", "audit.start_elevation")
_REVIEW_GLASS = ("audit.view_elevation", "audit.review_elevation")
# Reviewing the trail on a rhythm. Whoever signs has mostly judged nothing of it; a plan says so.
_SEE_LOG_REVIEWS = _all("audit", "reviewplan", "reviewperiod", "reviewfinding")
_REVIEW_LOGS = (
    *_all("audit", "reviewplan", "reviewfinding", verbs=("add", "change")),
    *("audit.review_reviewperiod", "audit.sign_reviewperiod"),
)
# Who looks again at what others hold; whoever is asked about somebody needs no right for it.
_SEE_ACCESS_REVIEWS = _all("audit", "accesscampaign", "accessrhythm")
_REVIEW_ACCESS = (*_SEE_ACCESS_REVIEWS, "audit.run_accesscampaign", "audit.sign_accesscampaign", "audit.change_accessrhythm")
# The quarterly review: who prepares it, who decides in it and who signs are rights of their own. Everybody who signs sees all of it.
_SEE_QUARTERLY = ("reports.view_quarterlyreview", "reports.view_quarterlyaction", "reports.view_quarterlyrules")
_SIGN_QUARTERLY = (*_SEE_QUARTERLY, "reports.sign_quarterlyreview")
_PREPARE_QUARTERLY = ("reports.prepare_quarterlyreview", "reports.change_quarterlyrules")
_KEDB = _all("incidents", "problem", "incidentproblem", "knownerror", "changerequest", "incidentchange", verbs=("view", "add", "change"))

# Whoever holds it uses no right but those to look, whatever other roles give.
ONLY_LOOKS = "portal.only_look"
LOOKS = ("view", "see", "audit", "export")
# Who sees what was granted on single objects, and why somebody can see a thing; who grants, never more than they hold there themselves; and who
# calls auditors in, whose reading goes further than the rights of whoever appoints them.
_SEE_ACCESS = _all("portal", "objectgrant", "auditappointment")
_SEE_TOKENS = ("portal.view_apitoken",)
_GRANT = ("portal.add_objectgrant", "portal.change_objectgrant")
_APPOINT = ("portal.add_auditappointment", "portal.change_auditappointment")

ROLES: tuple[Role, ...] = (
    Role("responder", "Responders", "Work incidents.", _SEE_RULES + _SEE_INCIDENTS + RESPOND + _LEARN + _HEAR),
    Role(
        "commander",
        "Incident commanders",
        "Lead major incidents, and publish a change of the rules at once when it cannot wait for an approval.",
        _SEE_RULES
        + _SEE_INCIDENTS
        + RESPOND
        + _LEARN
        + _HEED
        + _COMMAND
        + _KEDB
        + _FREEZE
        + _DRILL
        + _DRAFT
        + _STAND_IN
        + _SEE_ACCESS
        + _GRANT
        + ("policies.publish_at_once_policyversion", "incidents.waive_handoff", "incidents.declassify_incident")
        + ("reports.view_dashboard", "reports.view_frozenfigures")
        + _BREAK_GLASS,
    ),
    Role(
        "manager",
        "Managers",
        "Own escalation policies and thresholds.",
        _SEE_RULES
        + _SEE_INCIDENTS
        + _KEDB
        + _FREEZE
        + _DRILL
        + _all("policies", *_CATALOGUE, *_DUTY, "escalationpolicy", "policyversion", verbs=("view", "add", "change"))
        + _all("policies", *_POLICY_CONTENT, *_NAMED, *_PLAN_CONTENT, "scheduleplan", "holiday", verbs=EDIT)
        + ("policies.publish_scheduleplan", "policies.check_coverage", "policies.view_duty_hours")
        + _all("policies", "dutypage", verbs=("view", "add", "change"))
        + _SEE_CALENDARS
        + ("policies.import_calendar", "policies.change_calendarfeed")
        + _all("policies", *_KNOWLEDGE)
        + _KEEP_KNOWLEDGE
        + ("policies.sign_policyreview", "incidents.waive_handoff")
        + _SEE_ACCESS
        + _GRANT
        # A manager on a level is alerted like anybody, and must be able to answer.
        + ("incidents.acknowledge_incident", "incidents.change_incident", "incidents.note_incident")
        + _LEARN
        + _HEED
        + ("incidents.waive_postmortem",)
        + (
            "policies.submit_policyversion",
            "reports.view_quarterlypack",
            "reports.view_frozenfigures",
            "reports.view_dashboard",
            "reports.see_accountability",
            "portal.view_user",
            "portal.change_availability",
        )
        + (*_SIGN_QUARTERLY, "reports.decide_quarterlyreview")
        + _all("policies", "delegatedauthority", verbs=("view", "add", "change"))
        + _BREAK_GLASS,
    ),
    Role(
        "approver",
        "Approvers",
        "The second pair of eyes on every policy change, and on what leaves the audit trail.",
        _SEE_RULES
        + _SEE_INCIDENTS
        + _all("policies", *_KNOWLEDGE)
        + (
            "policies.approve_policyversion",
            "policies.review_urgentpublication",
            "reports.view_quarterlypack",
            "reports.view_frozenfigures",
            "reports.view_dashboard",
        )
        + (*_SIGN_QUARTERLY, "reports.decide_quarterlyreview")
        + _SEE_RETENTION
        + ("audit.approve_removal", "audit.lift_legalhold")
        + ("incidents.review_mandateuse",)
        + _APPROVE_CHANGES
        + _REVIEW_GLASS,
    ),
    Role(
        "compliance",
        "Compliance",
        "Review the trail, run the quarterly review, export its reports, bring in logs of other systems.",
        _SEE_RULES
        + _SEE_INCIDENTS
        + _all("policies", *_KNOWLEDGE)
        + _KEEP_KNOWLEDGE
        + ("audit.view_ledgerevent", "audit.export_ledgerevent")
        + _SEE_ACCESS
        + _APPOINT
        + _SEE_TOKENS
        + _SEE_RETENTION
        + _RETAIN
        + _SEE_LOG_REVIEWS
        + _REVIEW_LOGS
        + _SEE_DUTIES
        + _KEEP_APART
        + _REVIEW_ACCESS
        + _REVIEW_GLASS
        + (*_SIGN_QUARTERLY, *_PREPARE_QUARTERLY)
        + (
            "reports.view_quarterlypack",
            "reports.view_frozenfigures",
            "reports.view_dashboard",
            "reports.build_quarterlypack",
            "policies.review_urgentpublication",
        )
        + ("reports.see_all_accountability",)
        + ("incidents.review_mandateuse", "incidents.declassify_incident", "incidents.waive_postmortem")
        + (*_HEED, "incidents.erase_feedback")
        + ("incidents.run_import", "incidents.view_importrun", "incidents.view_sourcerecord"),
    ),
    Role(
        "auditor",
        "External auditors",
        "Read everything that is evidence, change nothing.",
        _SEE_RULES
        + _SEE_INCIDENTS
        + _all("policies", *_KNOWLEDGE)
        + _SEE_CALENDARS
        + ("audit.view_ledgerevent", "audit.export_ledgerevent")
        + _SEE_RETENTION
        + _SEE_LOG_REVIEWS
        + _SEE_DUTIES
        + _SEE_ACCESS_REVIEWS
        + ("audit.view_elevation", *_SEE_TOKENS)
        + (
            "reports.view_quarterlypack",
            "reports.view_frozenfigures",
            "reports.view_dashboard",
            "incidents.view_importrun",
            "incidents.view_sourcerecord",
        )
        + _SEE_QUARTERLY
        + (ONLY_LOOKS,),
    ),
    Role("stakeholder", "Stakeholders", "See the status of services.", ("policies.view_service",)),
    Role(
        "administrator",
        "Administrators",
        "Run the installation; approve nothing.",
        _all("portal", "user", "contactpoint", verbs=("view", "add", "change"))
        + ("portal.run_directorysync", "portal.view_directorysync", "portal.view_directoryexport")
        + _all("portal", "channelrule", verbs=("view", "add", "change"))
        + (
            "portal.view_outboxmessage",
            "portal.view_deliveryattempt",
            "portal.view_callback",
            "incidents.view_engineheartbeat",
            "portal.view_outage",
        )
        + ("django_q.view_schedule", "django_q.view_success", "django_q.view_failure")
        + _SEE_ACCESS
        + _all("portal", "apitoken", verbs=("view", "change"))
        + _all("policies", *_CATALOGUE, verbs=("view", "add", "change"))
        + _BREAK_GLASS,
    ),
)

AUDITOR = next(role for role in ROLES if role.key == "auditor")

# What a superuser's all-embracing rights do not include: the second pair of eyes, and breaking the glass, must have been given as a duty.
NEVER_BY_SUPERUSER = frozenset(
    {
        *("policies.approve_policyversion", "policies.publish_at_once_policyversion", "policies.review_urgentpublication"),
        *("audit.approve_removal", "audit.lift_legalhold"),
        *("audit.sign_reviewperiod", "reports.sign_quarterlyreview"),
    }
)

# The roles that can be taken for minutes when there is nobody else. What needs two people is in none of them then.
ELEVATABLE = ("responder", "commander", "manager", "administrator")


def is_a_look(permission: str) -> bool:
    """Whether using `permission` only reads."""
    return permission.partition(".")[2].partition("_")[0] in LOOKS
