"""The API: tokens or the admin's session, problem documents for errors, pages of fifty."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.foundation.front_door.tokens.authentication.Tokens",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "portal.foundation.front_door.tokens.authentication.InScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["portal.foundation.apikit.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "portal.foundation.apikit.negotiation.Negotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "portal.foundation.apikit.paging.Pages",
    "PAGE_SIZE": 50,
    # Without a list the description's ?version= goes unread into a header.
    "ALLOWED_VERSIONS": ["1"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.foundation.apikit.problems.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Incident Escalation Governance Portal",
    "DESCRIPTION": "Incidents, escalations and the policies in force. Times are UTC (RFC 3339).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.foundation.apikit.described.as_it_comes",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    # A severity has one name wherever it stands.
    "ENUM_NAME_OVERRIDES": {
        "PolicySeverityEnum": "policies.api.v1.contents.SEVERITIES",
        "TrackEnum": "policies.api.v1.simulations.TRACKS",
        "ChangeKindEnum": "incidents.models.ChangeRequest.Kind",
        "AbsenceKindEnum": "policies.models.DutyAbsence.Kind",
        "ReviewStateEnum": "audit.api.v1.review_answers.STATES",
        "ReviewFindingStateEnum": "audit.api.v1.review_answers.FINDING_STATES",
        "ReviewPlanStateEnum": "audit.models.ReviewPlan.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
