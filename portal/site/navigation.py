"""The sections of the admin, in the users' words and order. A link appears only for those who may open it."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from portal.foundation.access.checks import may, may_somewhere


class Link(NamedTuple):
    """A list of the admin: `name` is its address's, `right` opens it."""

    title: str
    icon: str
    name: str
    right: str


class Section(NamedTuple):
    """What belongs to one task. It is the daily work of whoever has one of the rights in `work`, and opened rarely where there are none."""

    title: str
    work: tuple[str, ...]
    links: tuple[Link, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "Respond",
        ("incidents.acknowledge_incident",),
        (
            Link("Incidents", "local_fire_department", "incidents_incident", "incidents.view_incident"),
            Link("Hand-offs", "handshake", "incidents_handoff", "incidents.view_incident"),
            Link("Readings", "monitoring", "incidents_impactreading", "incidents.view_impactreading"),
            Link("Known errors", "lightbulb", "incidents_knownerror", "incidents.view_knownerror"),
            Link("Changes", "published_with_changes", "incidents_changerequest", "incidents.view_changerequest"),
            Link("Change freezes", "ac_unit", "incidents_changefreeze", "incidents.view_changefreeze"),
            Link("Mandates used", "verified_user", "incidents_mandateuse", "incidents.view_mandateuse"),
        ),
    ),
    Section(
        "Learn",
        (),
        (
            Link("Post-mortems", "school", "incidents_postmortem", "incidents.view_postmortem"),
            Link("What came of them", "checklist", "incidents_postmortemaction", "incidents.view_postmortemaction"),
            Link("Feedback", "reviews", "incidents_feedback", "incidents.view_feedback"),
            Link("Problems", "troubleshoot", "incidents_problem", "incidents.view_problem"),
            Link("Drills", "fire_extinguisher", "incidents_drill", "incidents.view_drill"),
        ),
    ),
    Section(
        "Decide",
        ("policies.change_policyversion", "policies.approve_policyversion"),
        (
            Link("Escalation policies", "escalator", "policies_escalationpolicy", "policies.view_escalationpolicy"),
            Link("Policy versions", "history_edu", "policies_policyversion", "policies.view_policyversion"),
            Link("Published at once", "emergency_home", "policies_urgentpublication", "policies.view_urgentpublication"),
            Link("Simulate", "play_circle", "policies_simulation", "policies.view_policyversion"),
            Link("Thresholds", "tune", "policies_threshold", "policies.view_threshold"),
            Link("Reviews", "rate_review", "policies_policyreview", "policies.view_policyreview"),
        ),
    ),
    Section(
        "Duty",
        ("policies.change_oncallschedule",),
        (
            Link("My duty", "event_available", "policies_myduty", "policies.view_oncallschedule"),
            Link("On-call schedules", "calendar_month", "policies_oncallschedule", "policies.view_oncallschedule"),
            Link("Swaps", "swap_horiz", "policies_dutyswap", "policies.view_dutyswap"),
            Link("Absences", "beach_access", "policies_dutyabsence", "policies.view_dutyabsence"),
            Link("Overrides", "person_add", "policies_oncalloverride", "policies.view_oncalloverride"),
            Link("Coverage of duty", "event_busy", "policies_coveragefinding", "policies.view_coveragefinding"),
            Link("Hours on duty", "balance", "policies_dutyhours", "policies.view_oncallschedule"),
            Link("Routing: try it", "alt_route", "policies_routing", "policies.view_oncallschedule"),
        ),
    ),
    Section(
        "Calendars",
        (),
        (
            Link("Calendars brought in", "event_upcoming", "policies_calendarsource", "policies.view_oncallschedule"),
            Link("Calendar feeds", "rss_feed", "policies_calendarfeed", "policies.view_oncallschedule"),
            Link("Holiday calendars", "celebration", "policies_holidaycalendar", "policies.view_holidaycalendar"),
            Link("Pages for a frame", "frame_source", "policies_dutypage", "policies.view_dutypage"),
        ),
    ),
    Section(
        "Know",
        (),
        (
            Link("My policies", "menu_book", "policies_mypolicies", "policies.view_service"),
            Link("Duties to know", "school", "policies_knowledgeduty", "policies.view_knowledgeduty"),
            Link("Acceptances", "task_alt", "policies_acceptance", "policies.view_acceptance"),
            Link("Training records", "history_edu", "policies_trainingrecord", "policies.view_trainingrecord"),
        ),
    ),
    Section(
        "Prove",
        ("audit.view_ledgerevent",),
        (
            Link("Audit trail", "fact_check", "audit_ledgerevent", "audit.view_ledgerevent"),
            Link("Ledger", "account_tree", "audit_ledgercheck", "audit.view_ledgerevent"),
            Link("Evidence", "package_2", "audit_evidenceexport", "audit.export_ledgerevent"),
        ),
    ),
    Section(
        "Report",
        ("reports.build_quarterlypack",),
        (
            Link("Dashboards", "bar_chart", "reports_figures", "reports.view_dashboard"),
            Link("Quarterly reviews", "fact_check", "reports_quarterlyreview", "reports.view_quarterlyreview"),
            Link("Conformance", "rule", "reports_conformance", "reports.view_quarterlypack"),
            Link("Frozen figures", "inventory_2", "reports_frozenfigures", "reports.view_frozenfigures"),
            Link("Quarterly packs", "summarize", "reports_quarterlypack", "reports.view_quarterlypack"),
            Link("Schedules of packs", "event_repeat", "reports_packschedule", "reports.build_quarterlypack"),
        ),
    ),
    Section(
        "Log review",
        ("audit.view_reviewperiod",),
        (
            Link("Log reviews", "checklist_rtl", "audit_reviewperiod", "audit.view_reviewperiod"),
            Link("Review findings", "flag", "audit_reviewfinding", "audit.view_reviewfinding"),
            Link("Review plans", "event_repeat", "audit_reviewplan", "audit.view_reviewplan"),
        ),
    ),
    Section(
        "Access",
        ("audit.view_accesscampaign", "portal.change_user"),
        (
            Link("Separation of duties", "call_split", "audit_dutyfinding", "audit.view_dutyfinding"),
            Link("Access reviews", "how_to_reg", "audit_accesscampaign", "audit.view_accesscampaign"),
            Link("Break the glass", "emergency", "audit_elevation", "audit.view_elevation"),
            Link("Rights on single objects", "key", "portal_objectgrant", "portal.view_objectgrant"),
            Link("Auditors", "policy", "portal_auditappointment", "portal.view_auditappointment"),
            Link("API tokens", "vpn_key", "portal_apitoken", "portal.view_apitoken"),
        ),
    ),
    Section(
        "Keep and remove",
        (),
        (
            Link("Retention", "auto_delete", "audit_retentionperiod", "audit.view_retentionperiod"),
            Link("Legal holds", "gavel", "audit_legalhold", "audit.view_legalhold"),
            Link("Removals", "delete_forever", "audit_removal", "audit.view_removal"),
        ),
    ),
    Section(
        "Organisation",
        ("portal.change_user",),
        (
            Link("Services", "deployed_code", "policies_service", "policies.view_service"),
            Link("Teams", "groups", "policies_team", "policies.view_team"),
            Link("Roles", "badge", "policies_role", "policies.view_role"),
            Link("Delegated authority", "approval_delegation", "policies_delegatedauthority", "policies.view_delegatedauthority"),
            Link("Runbooks", "menu_book", "policies_runbook", "policies.view_runbook"),
            Link("People", "person", "portal_user", "portal.view_user"),
        ),
    ),
    Section(
        "Catalogue",
        (),
        (
            Link("Business units", "domain", "policies_businessunit", "policies.view_businessunit"),
            Link("Regions", "public", "policies_region", "policies.view_region"),
            Link("Customer segments", "diversity_3", "policies_customersegment", "policies.view_customersegment"),
            Link("Components", "category", "policies_component", "policies.view_component"),
            Link("Measures of our own", "straighten", "policies_ownmeasure", "policies.view_ownmeasure"),
            Link("Imports", "upload_file", "incidents_importrun", "incidents.view_importrun"),
        ),
    ),
    Section(
        "Run",
        ("portal.change_channelrule",),
        (
            Link("Messages sent", "outbox", "portal_outboxmessage", "portal.view_outboxmessage"),
            Link("Receipts and answers", "reply", "portal_callback", "portal.view_callback"),
            Link("Contact points", "contact_phone", "portal_contactpoint", "portal.view_contactpoint"),
            Link("Channels", "cell_tower", "portal_channelrule", "portal.view_channelrule"),
            Link("CMDB files", "sync_alt", "portal_directorysync", "portal.view_directorysync"),
            Link("Handed to the CMDB", "upload", "portal_directoryexport", "portal.view_directoryexport"),
            Link("Outages", "crisis_alert", "portal_outage", "portal.view_outage"),
            Link("Recurring jobs", "schedule", "django_q_schedule", "django_q.view_schedule"),
        ),
    ),
)

# As many links as a screen shows beside the headings; what does not fit stays folded until asked for.
MOST_OPEN = 16


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """What the theme's sidebar shows. The theme copies it for each page, so it is plain text: no rights to ask again, no links to look up."""
    work_list = {"title": "Work list", "icon": "checklist", "link": reverse("admin:index")}
    mine = {"title": "My contact points", "icon": "contact_phone", "link": reverse("admin:portal_mycontacts_changelist")}
    record = {"title": "My record", "icon": "badge", "link": reverse("accountability")}
    shown: list[dict[str, Any]] = [{"items": [work_list, mine, record]}]
    room = MOST_OPEN
    for section in SECTIONS:
        items = [
            {"title": link.title, "icon": link.icon, "link": reverse(f"admin:{link.name}_changelist")}
            for link in section.links
            if may_somewhere(request.user, link.right)
        ]
        if items:
            is_open = len(items) <= room and any(may(request.user, right) for right in section.work)
            room -= len(items) if is_open else 0
            shown.append({"title": section.title, "open": is_open, "items": items})
    return shown
