"""The sections of the admin, in the users' words and order. A link appears only for those who may open it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from portal.foundation.access.checks import may_somewhere

# Section, then (title, icon, address of the list, right that opens it).
SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "Respond",
        (
            ("Incidents", "local_fire_department", "incidents_incident", "incidents.view_incident"),
            ("Hand-offs", "handshake", "incidents_handoff", "incidents.view_incident"),
            ("Readings", "monitoring", "incidents_impactreading", "incidents.view_impactreading"),
            ("Known errors", "lightbulb", "incidents_knownerror", "incidents.view_knownerror"),
            ("Problems", "troubleshoot", "incidents_problem", "incidents.view_problem"),
            ("Changes", "published_with_changes", "incidents_changerequest", "incidents.view_changerequest"),
            ("Drills", "fire_extinguisher", "incidents_drill", "incidents.view_drill"),
            ("Mandates used", "verified_user", "incidents_mandateuse", "incidents.view_mandateuse"),
        ),
    ),
    (
        "Decide",
        (
            ("Escalation policies", "escalator", "policies_escalationpolicy", "policies.view_escalationpolicy"),
            ("Policy versions", "history_edu", "policies_policyversion", "policies.view_policyversion"),
            ("Published at once", "emergency_home", "policies_urgentpublication", "policies.view_urgentpublication"),
            ("Simulate", "play_circle", "policies_simulation", "policies.view_policyversion"),
            ("Thresholds", "tune", "policies_threshold", "policies.view_threshold"),
            ("Reviews", "rate_review", "policies_policyreview", "policies.view_policyreview"),
        ),
    ),
    (
        "Duty",
        (
            ("My duty", "event_available", "policies_myduty", "policies.view_oncallschedule"),
            ("On-call schedules", "calendar_month", "policies_oncallschedule", "policies.view_oncallschedule"),
            ("Calendars brought in", "event_upcoming", "policies_calendarsource", "policies.view_oncallschedule"),
            ("Calendar feeds", "rss_feed", "policies_calendarfeed", "policies.view_oncallschedule"),
            ("Coverage of duty", "event_busy", "policies_coveragefinding", "policies.view_coveragefinding"),
            ("Hours on duty", "balance", "policies_dutyhours", "policies.view_oncallschedule"),
            ("Pages for a frame", "frame_source", "policies_dutypage", "policies.view_dutypage"),
            ("Routing: try it", "alt_route", "policies_routing", "policies.view_oncallschedule"),
            ("Swaps", "swap_horiz", "policies_dutyswap", "policies.view_dutyswap"),
            ("Absences", "beach_access", "policies_dutyabsence", "policies.view_dutyabsence"),
            ("Overrides", "person_add", "policies_oncalloverride", "policies.view_oncalloverride"),
            ("Holiday calendars", "celebration", "policies_holidaycalendar", "policies.view_holidaycalendar"),
        ),
    ),
    (
        "Know",
        (
            ("My policies", "menu_book", "policies_mypolicies", "policies.view_service"),
            ("Duties to know", "school", "policies_knowledgeduty", "policies.view_knowledgeduty"),
            ("Acceptances", "task_alt", "policies_acceptance", "policies.view_acceptance"),
            ("Training records", "history_edu", "policies_trainingrecord", "policies.view_trainingrecord"),
        ),
    ),
    (
        "Prove",
        (
            ("Audit trail", "fact_check", "audit_ledgerevent", "audit.view_ledgerevent"),
            ("Ledger", "account_tree", "audit_ledgercheck", "audit.view_ledgerevent"),
            ("Log reviews", "checklist_rtl", "audit_reviewperiod", "audit.view_reviewperiod"),
            ("Review findings", "flag", "audit_reviewfinding", "audit.view_reviewfinding"),
            ("Review plans", "event_repeat", "audit_reviewplan", "audit.view_reviewplan"),
            ("Evidence", "package_2", "audit_evidenceexport", "audit.export_ledgerevent"),
            ("Retention", "auto_delete", "audit_retentionperiod", "audit.view_retentionperiod"),
            ("Legal holds", "gavel", "audit_legalhold", "audit.view_legalhold"),
            ("Removals", "delete_forever", "audit_removal", "audit.view_removal"),
            ("Separation of duties", "call_split", "audit_dutyfinding", "audit.view_dutyfinding"),
            ("Access reviews", "how_to_reg", "audit_accesscampaign", "audit.view_accesscampaign"),
            ("Break the glass", "emergency", "audit_elevation", "audit.view_elevation"),
            ("Quarterly packs", "summarize", "reports_quarterlypack", "reports.view_quarterlypack"),
            ("Imports", "upload_file", "incidents_importrun", "incidents.view_importrun"),
        ),
    ),
    (
        "Organisation",
        (
            ("Services", "deployed_code", "policies_service", "policies.view_service"),
            ("Teams", "groups", "policies_team", "policies.view_team"),
            ("Roles", "badge", "policies_role", "policies.view_role"),
            ("Delegated authority", "approval_delegation", "policies_delegatedauthority", "policies.view_delegatedauthority"),
            ("Runbooks", "menu_book", "policies_runbook", "policies.view_runbook"),
            ("People", "person", "portal_user", "portal.view_user"),
            ("Rights on single objects", "key", "portal_objectgrant", "portal.view_objectgrant"),
            ("Auditors", "policy", "portal_auditappointment", "portal.view_auditappointment"),
        ),
    ),
    (
        "Catalogue",
        (
            ("Business units", "domain", "policies_businessunit", "policies.view_businessunit"),
            ("Regions", "public", "policies_region", "policies.view_region"),
            ("Customer segments", "diversity_3", "policies_customersegment", "policies.view_customersegment"),
            ("Components", "category", "policies_component", "policies.view_component"),
            ("Measures of our own", "straighten", "policies_ownmeasure", "policies.view_ownmeasure"),
        ),
    ),
    (
        "Run",
        (
            ("Messages sent", "outbox", "portal_outboxmessage", "portal.view_outboxmessage"),
            ("Receipts and answers", "reply", "portal_callback", "portal.view_callback"),
            ("Contact points", "contact_phone", "portal_contactpoint", "portal.view_contactpoint"),
            ("Channels", "cell_tower", "portal_channelrule", "portal.view_channelrule"),
            ("CMDB files", "sync_alt", "portal_directorysync", "portal.view_directorysync"),
            ("Handed to the CMDB", "upload", "portal_directoryexport", "portal.view_directoryexport"),
            ("Outages", "crisis_alert", "portal_outage", "portal.view_outage"),
            ("API tokens", "vpn_key", "portal_apitoken", "portal.view_apitoken"),
            ("Recurring jobs", "schedule", "django_q_schedule", "django_q.view_schedule"),
        ),
    ),
)

# Opened rarely: folded until asked for.
FOLDED = frozenset({"Catalogue"})


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """What the theme's sidebar shows. The theme copies it for each page, so it is plain text: no rights to ask again, no links to look up."""
    work_list = {"title": "Work list", "icon": "checklist", "link": reverse("admin:index")}
    mine = {"title": "My contact points", "icon": "contact_phone", "link": reverse("admin:portal_mycontacts_changelist")}
    shown: list[dict[str, Any]] = [{"items": [work_list, mine]}]
    for title, links in SECTIONS:
        items = [
            {"title": words, "icon": icon, "link": reverse(f"admin:{name}_changelist")}
            for words, icon, name, right in links
            if may_somewhere(request.user, right)
        ]
        if items:
            shown.append({"title": title, "separator": True, "collapsible": title in FOLDED, "items": items})
    return shown
