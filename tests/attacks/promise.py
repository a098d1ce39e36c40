"""What is promised to whom, written down by hand and asked of nothing: roles, what each opens and does, and how far a grant goes.

It says the same as docs/rules/permissions.md and the rules beside it. Whoever adds a page, a verb or an operation adds its line here, and whoever
gives a role a right finds out here what opens with it.
"""

# Letters for the tables below.
ROLES = {
    "responder": "R",
    "commander": "C",
    "manager": "M",
    "approver": "A",
    "compliance": "O",
    "auditor": "X",
    "stakeholder": "S",
    "administrator": "D",
}

# What hangs somewhere, in an order in which each can be made, and on what: a unit reaches its services, a service its incidents.
HANGS = {
    "policies.businessunit": "unit",
    "policies.team": "unit",
    "policies.service": "service",
    "policies.component": "service",
    "policies.escalationpolicy": "service",
    "policies.policyversion": "service",
    "policies.threshold": "service",
    "policies.policyreview": "service",
    "policies.knowledgeduty": "service",
    "policies.trainingrecord": "service",
    "policies.acceptance": "service",
    "policies.urgentpublication": "service",
    "incidents.incident": "incident",
    "incidents.impactreading": "incident",
    "incidents.handoff": "incident",
    "incidents.mandateuse": "incident",
    "incidents.feedback": "incident",
    "incidents.postmortem": "incident",
    "incidents.postmortemaction": "incident",
    "incidents.problem": "service",
    "incidents.drill": "service",
    "incidents.drillfinding": "service",
    "reports.quarterlyreview": "unit",
    "reports.frozenfigures": "unit",
    "reports.quarterlyaction": "unit",
    # Logs that were brought in belong to no unit, whatever incidents came of them.
    "incidents.importrun": "nothing",
    "incidents.sourcerecord": "nothing",
}
# To see, add, change and delete rows of a kind. '-' is nobody, '*' only a superuser; whatever a role may, a superuser may, unless '!' stands behind it.
PAGES = """
audit.accesscampaign         OX       O    -    -
audit.accessrhythm           OX       -    -    -
audit.dutyexception          OX       O    -    -
audit.dutyfinding            OX       -    -    -
audit.dutypair               OX       O    -    -
audit.elevation              CMAOXD   CMD  -    -
audit.evidenceexport         OX       OX   -    -
audit.ledgercheck            OX       -    -    -
audit.ledgerevent            OX       -    -    -
audit.legalhold              AOX      O    -    -
audit.removal                AOX      -    -    -
audit.retentionperiod        AOX      -    -    -
audit.reviewfinding          OX       -    -    -
audit.reviewperiod           OX       -    -    -
audit.reviewplan             OX       O    O    -
audit.savedview              -        -    -    -
auth.group                   *        -    -    -
django_q.failure             D        -    -    -
django_q.ormq                *        -    -    -
django_q.schedule            D        -    -    -
django_q.success             D        -    -    -
incidents.changefreeze       RCMAOX   CM   -    -
incidents.changerequest      RCMAOX   CM   CM   -
incidents.drill              RCMAOX   CM   CM   -
incidents.drillfinding       RCMAOX   CM   CM   -
incidents.feedback           RCMAOX   RCMO -    -
incidents.handoff            RCMAOX   -    -    -
incidents.impactreading      RCMAOX   RC   -    -
incidents.importrun          OX       -    -    -
incidents.incident           RCMAOX   RC   -    -
incidents.knownerror         RCMAOX   CM   CM   -
incidents.mandateuse         RCMAOX   -    -    -
incidents.postmortem         RCMAOX   -    RCM  -
incidents.postmortemaction   RCMAOX   -    RCM  -
incidents.problem            RCMAOX   CM   CM   -
incidents.sourcerecord       OX       -    -    -
policies.acceptance          MAOX     -    -    -
policies.businessunit        RCMAOXD  MD   MD   -
policies.calendarfeed        MX       all  -    -
policies.calendarsource      MX       all  -    -
policies.component           RCMAOXD  MD   MD   -
policies.coveragefinding     RCMAOX   -    -    -
policies.customersegment     RCMAOX   M    M    -
policies.delegatedauthority  RCMAOX   M    M    -
policies.dutyabsence         RCMAOX   M    -    -
policies.dutypage            M        M    -    -
policies.dutyswap            RCMAOX   -    -    -
policies.escalationpolicy    RCMAOX   M    M    -
policies.holiday             RCMAOX   -    -    -
policies.holidaycalendar     RCMAOX   M    -    -
policies.knowledgeduty       MAOX     MO   -    -
policies.oncalloverride      RCMAOX   -    -    -
policies.oncallschedule      RCMAOX   M    M    -
policies.ownmeasure          RCMAOX   M    M    -
policies.policyreview        MAOX     -    -    -
policies.policyversion       RCMAOX   -    CM   -
policies.region              RCMAOX   M    M    -
policies.role                RCMAOX   M    M    -
policies.rotalayer           RCMAOX   M    M    -
policies.runbook             RCMAOX   M    M    -
policies.scheduleplan        RCMAOX   -    M    -
policies.service             RCMAOXSD MD   MD   -
policies.team                RCMAOXD  MD   MD   -
policies.threshold           RCMAOX   -    -    -
policies.trainingrecord      MAOX     MO   MO   -
policies.urgentpublication   RCMAOX   -    -    -
portal.apitoken              OXD      -    D    -
portal.auditappointment      CMOD     O    -    -
portal.callback              D        -    -    -
portal.channelrule           D        -    D    -
portal.contactpoint          D        D    D    -
portal.directoryexport       D        -    -    -
portal.directorysync         D        D    -    -
portal.objectgrant           CMOD     CM   -    -
portal.outage                D        -    -    -
portal.outboxmessage         D        -    -    -
portal.user                  MD       D    D    -
reports.dashboard            -        -    -    -
reports.frozenfigures        CMAOX    -    -    -
reports.packschedule         O        O    -    -
reports.quarterlyaction      MAOX     -    -    -
reports.quarterlypack        MAOX     -    -    -
reports.quarterlyreview      MAOX     O    -    -
reports.quarterlyrules       MAOX     -    -    -
"""

# Lists that open although their rows do not: everybody finds their own there, and nothing when there is none.
OPEN_LISTS = {"policies.calendarfeed": "all", "policies.calendarsource": "all", "audit.savedview": "OX", "reports.dashboard": "CMAOX"}

# What the two levels of a grant open on what they reach, beside the pages of an auditor who was called in for it.
SEEN_BY_GRANT = frozenset(
    {
        "policies.businessunit",
        "policies.service",
        "policies.component",
        "incidents.incident",
        "incidents.impactreading",
        "incidents.handoff",
        "incidents.postmortem",
        "incidents.postmortemaction",
        "incidents.feedback",
        "reports.frozenfigures",
    }
)
WORKED_BY_GRANT = frozenset(
    [
        "acknowledge",
        "escalate",
        "take-over",
        "resolve",
        "note",
        "hand-over",
        "reading",
        "facts",
        "hold",
        "resume",
        "details",
        "reopen",
        "close",
        "cancel",
    ]
) | {
    "acknowledge-compliance",
    "acknowledge-stakeholder",
}

# Who may press what on a thing of somebody else's. What only the people of a thing may is nobody's here.
VERBS = """
audit.accesscampaign         sign             O
audit.accessrhythm           set              O
audit.dutyexception          end              O
audit.dutyfinding            remove           O
audit.dutyfinding            cover            O
audit.dutyfinding            judge            O
audit.dutypair               change           O
audit.dutypair               retire           O
audit.dutypair               bring-back       O
audit.elevation              end              AO
audit.elevation              review           AO
audit.legalhold              lift             AO!
audit.removal                approve          AO!
audit.removal                close            AO!
audit.retentionperiod        set              O
audit.reviewfinding          resolve          O
audit.reviewfinding          change           O
audit.reviewfinding          withdraw         O
audit.reviewperiod           close            O
audit.reviewperiod           sign             O!
audit.reviewperiod           reopen           O
audit.reviewperiod           check            OX
audit.reviewplan             retire           O
audit.savedview              share            -
audit.savedview              unshare          -
audit.savedview              take_over        OX
audit.savedview              retire           -
incidents.changefreeze       lift             CM
incidents.changerequest      begin            CM
incidents.changerequest      end              CM
incidents.changerequest      approve          CMA
incidents.drill              join             -
incidents.drill              decline          -
incidents.drill              ask              CM
incidents.drill              start            CM
incidents.drill              stop             CM
incidents.drill              cancel           CM
incidents.drillfinding       settle           CM
incidents.feedback           correct          CMO
incidents.feedback           nothing          CMO
incidents.feedback           withdraw         CMO
incidents.feedback           erase-words      O
incidents.handoff            accept           -
incidents.handoff            sign             -
incidents.handoff            decline          -
incidents.handoff            withdraw         -
incidents.handoff            waive            CM
incidents.incident           acknowledge      RCM
incidents.incident           escalate         RC
incidents.incident           take-over        RCM
incidents.incident           de-escalate      C
incidents.incident           bypass           C
incidents.incident           hold-alerting    C
incidents.incident           resume-alerting  C
incidents.incident           resolve          RC
incidents.incident           note             RCM
incidents.incident           hand-over        RCM
incidents.incident           reading          RC
incidents.incident           facts            RCM
incidents.incident           problem          CM
incidents.incident           change           CM
incidents.incident           hold             RCM
incidents.incident           resume           RCM
incidents.incident           details          RCM
incidents.incident           reopen           RC
incidents.incident           close            RC
incidents.incident           cancel           RC
incidents.incident           mandate          -
incidents.incident           post-mortem      RCM
incidents.incident           freeze           CM
incidents.incident           acknowledge-compliance   RCM
incidents.incident           acknowledge-stakeholder  RCM
incidents.mandateuse         review           AO
incidents.mandateuse         end              AO
incidents.postmortem         publish          RCM
incidents.postmortem         waive            MO
incidents.postmortemaction   settle           RCM
policies.calendarfeed        revoke           M
policies.calendarsource      read-again       M
policies.calendarsource      discard          M
policies.calendarsource      stop             M
policies.customersegment     remove           M
policies.delegatedauthority  revoke           M
policies.dutyabsence         end              M
policies.dutypage            revoke           M
policies.dutyswap            accept           -
policies.dutyswap            decline          -
policies.dutyswap            withdraw         M
policies.escalationpolicy    draft            CM
policies.holiday             remove           M
policies.holidaycalendar     add-day          M
policies.holidaycalendar     fill             M
policies.knowledgeduty       lift             MO
policies.oncalloverride      end              CM
policies.oncallschedule      draft            M
policies.ownmeasure          remove           M
policies.policyreview        sign             M
policies.policyversion       submit           CM
policies.policyversion       withdraw         CM
policies.policyversion       discard          CM
policies.policyversion       roll-back        CM
policies.policyversion       take-over        CM
policies.policyversion       publish-at-once  C!
policies.region              remove           M
policies.role                remove           M
policies.rotalayer           up               M
policies.rotalayer           down             M
policies.rotalayer           remove           M
policies.runbook             remove           M
policies.scheduleplan        discard          M
policies.scheduleplan        withdraw         M
policies.urgentpublication   review           AO!
portal.apitoken              revoke           D
reports.dashboard            share            -
reports.dashboard            unshare          -
reports.dashboard            take_over        CMAOX
reports.dashboard            retire           -
portal.auditappointment      end              O
portal.channelrule           decide           D
portal.contactpoint          send-code        D
portal.contactpoint          enter-code       D
portal.directorysync         apply            D
portal.directorysync         compare          D
portal.directorysync         discard          D
portal.objectgrant           take-back        CM
portal.user                  password-link    D
portal.user                  end-sessions     D
portal.user                  second-factors   D
portal.user                  lift-lock        D
reports.packschedule         pause            O
reports.packschedule         resume           -
reports.packschedule         take_over        O
reports.packschedule         retire           -
reports.quarterlyaction      finish           O
reports.quarterlyaction      change           O
reports.quarterlyaction      cancel           O
reports.quarterlyreview      write            O
reports.quarterlyreview      judge-together   O
reports.quarterlyreview      add-finding      O
reports.quarterlyreview      ask-decision     O
reports.quarterlyreview      agree-action     O
reports.quarterlyreview      submit           O
reports.quarterlyreview      sign             MAO!
reports.quarterlyreview      send-back        MAO
reports.quarterlyreview      restate          O
reports.quarterlyreview      check            MAOX
reports.quarterlyrules       set              O
"""

# The other pages of the admin: who gets in by GET, and by POST. What is '-' is not asked in that way. 'of' is whose reach counts beside the role's.
ROUTES = """
policies_calendarsource_renew            M       M
policies_calendarsource_bring_in         -       M
policies_team_duty                       RCMAOX  -
policies_routing_changelist              RCMAOX  -
policies_service_rules                   RCMAOX  -
policies_coveragefinding_check           -       M
policies_dutyhours_changelist            all     -
policies_dutyabsence_away                all     all
policies_myduty_changelist               all     -
policies_knowledgeduty_standing          MAOX    -
policies_knowledgeduty_who_has_accepted  all     -
policies_mypolicies_changelist           all     -
policies_mypolicies_read                 -       -
policies_oncallschedule_override         CM      CM
policies_oncallschedule_swap             RCMAOX  RCMAOX
policies_scheduleplan_publish            M       M
policies_threshold_edit                  CM      CM
policies_simulation_changelist           RCMAOX  RCMAOX
policies_policyversion_approve           RCMAOX  A!
policies_policyversion_compare           RCMAOX  -
policies_policyversion_messages          RCMAOX  -
policies_policyversion_replay            RCMAOX  RCMAOX
policies_policyversion_lock              -       CM
portal_objectgrant_access                CMOD    -
portal_objectgrant_person                CMOD    -
portal_mycontacts_changelist             all     all
portal_mycontacts_of                     MD      MD
portal_directorysync_decide              D       D
portal_directorysync_export              D       D
audit_removal_prune                      O       O
audit_removal_erase                      O       O
audit_accesscampaign_answer              OX      -
audit_evidenceexport_download            OX      OX
audit_ledgercheck_check                  OX      OX
audit_reviewperiod_work                  OX      O
audit_reviewperiod_entries               OX      -
audit_reviewperiod_marks                 OX      O
audit_reviewperiod_finding               O       O
audit_reviewperiod_manifest              OX      -
audit_ledgerevent_story                  OX      -
audit_ledgerevent_export                 OX      OX
audit_ledgerevent_keep                   OX      OX
audit_ledgerevent_line                   OX      -
audit_ledgerevent_proof                  -       OX
incidents_feedback_import_file           RCMO    RCMO
incidents_handoff_shift                  RCMAOX  RCM
incidents_incident_live                  RCMAOX  -
reports_acceptances_csv                  MAOX    -
reports_conformance_changelist           MAOX    -
reports_figures_changelist               CMAOX   -
reports_figures_behind                   CMAOX   -
reports_dashboard_keep                   CMAOX   CMAOX
reports_quarterlypack_build              O       O
reports_quarterlypack_run                O       -
reports_quarterlypack_download           O       O
reports_frozenfigures_file               -       -
reports_frozenfigures_files              -       CMAOX
reports_frozenfigures_tables             -       CMAOX
reports_frozenfigures_evidence           OX      OX
reports_frozenfigures_draft              -       O
reports_quarterlyreview_finding          O       O
reports_quarterlyreview_decision         MA      MA
reports_quarterlyreview_behind           MAOX    -
reports_quarterlyreview_manifest         MAOX    -
reports_quarterlyreview_run              O       -
duty-hours                               all     -
accountability                           all     all
accountability-csv                       all     -
accountability-teams                     all     -
accountability-teams                     all     -
comparison-pdf                           RCMAOX  -
search                                   all     -
index                                    all     -
password_change_done                     all     -
password_change                          all     -
jsi18n                                   all     -
autocomplete                             -       -
view_on_site                             -       -
app_list                                 all     -
"""

# The operations of the API: who may, and what the rows are that it is about. A grant counts where it lets somebody see, or 'works' where that is said.
# 'all' is asked by everybody and tells each what they see.
OPERATIONS = """
get   channels/                                        D        -
get   directory/export/                                D        -
post  directory/sync/                                  D        -
get   events/                                          OX       -
get   events/{number}/                                 OX       -
get   change-freezes/                                  RCMAOX   -
get   changes/                                         all      -
post  changes/                                         CM       -
get   changes/{number}/                                RCMAOX   -
patch changes/{number}/                                CM       -
post  changes/{number}/approve/                        CMA      -
post  changes/{number}/begin/                          CM       -
post  changes/{number}/end/                            CM       -
get   feedback/                                        all      -
post  feedback/                                        RCMO     -
get   feedback/{id}/                                   RCMAOX   incidents.feedback
get   hand-offs/                                       all      -
post  hand-offs/                                       RCM      -
get   hand-offs/{id}/                                  RCMAOX   incidents.handoff
post  hand-offs/{id}/accept/                           -        incidents.handoff
post  hand-offs/{id}/decline/                          -        incidents.handoff
post  hand-offs/{id}/sign/                             -        incidents.handoff
post  hand-offs/{id}/waive/                            CM       incidents.handoff
post  hand-offs/{id}/withdraw/                         -        incidents.handoff
get   incidents/                                       all      -
post  incidents/                                       RC       policies.service      works
get   incidents/{number}/                              RCMAOX   incidents.incident
patch incidents/{number}/                              RCM      incidents.incident    works
post  incidents/{number}/acknowledge/                  RCM      incidents.incident    works
post  incidents/{number}/notes/                        RCM      incidents.incident    works
post  incidents/{number}/resolve/                      RC       incidents.incident    works
post  incidents/{number}/tracks/{track}/acknowledge/   RCM      incidents.incident    works
post  incidents/{number}/tracks/{track}/bypass/        C        incidents.incident
post  incidents/{number}/tracks/{track}/de-escalate/   C        incidents.incident
post  incidents/{number}/tracks/{track}/escalate/      RC       incidents.incident    works
post  incidents/{number}/tracks/{track}/hold/          C        incidents.incident
post  incidents/{number}/tracks/{track}/resume/        C        incidents.incident
post  incidents/{number}/tracks/{track}/take-over/     RCM      incidents.incident    works
get   ledger/                                          OX       -
post  ledger/events/{event}/proof/                     OX       -
get   ledger/exports/                                  OX       -
post  ledger/exports/                                  OX       -
get   ledger/exports/{id}/                             OX       -
post  ledger/exports/{id}/download/                    OX       -
get   log-reviews/                                     OX       -
get   log-reviews/{id}/                                OX       -
get   log-reviews/{id}/entries/                        OX       -
get   log-reviews/{id}/manifest/                       OX       -
post  log-reviews/{id}/take/                           O        -
post  log-reviews/{id}/marks/                          O        -
post  log-reviews/{id}/findings/                       O        -
post  log-reviews/{id}/close/                          O        -
post  log-reviews/{id}/reopen/                         O        -
post  log-reviews/{id}/sign/                           O!       -
post  log-reviews/{id}/check/                          OX       -
get   log-reviews/plans/                               OX       -
get   log-reviews/plans/{id}/                          OX       -
post  log-reviews/plans/                               O        -
patch log-reviews/plans/{id}/                          O        -
post  log-reviews/plans/{id}/retire/                   O        -
get   log-reviews/views/                               OX       -
get   log-reviews/findings/                            all      -
get   log-reviews/findings/{id}/                       OX       -
patch log-reviews/findings/{id}/                       O        -
post  log-reviews/findings/{id}/resolve/               O        -
post  log-reviews/findings/{id}/withdraw/              O        -
get   on-call/absences/                                all      -
post  on-call/absences/                                all      -
get   on-call/absences/{id}/                           RCMAOX   -
post  on-call/absences/{id}/end/                       M        -
get   on-call/schedules/                               all      -
get   on-call/schedules/{id}/                          RCMAOX   -
get   on-call/schedules/{id}/gaps/                     RCMAOX   -
get   on-call/schedules/{id}/view/                     RCMAOX   -
get   on-call/schedules/{schedule}/overrides/          RCMAOX   -
post  on-call/schedules/{schedule}/overrides/          CM       -
get   on-call/schedules/{schedule}/overrides/{id}/     RCMAOX   -
post  on-call/schedules/{schedule}/overrides/{id}/end/ CM       -
get   on-call/schedules/{schedule}/swaps/              all      -
post  on-call/schedules/{schedule}/swaps/              RCMAOX   -
get   on-call/schedules/{schedule}/swaps/{id}/         RCMAOX   -
post  on-call/schedules/{schedule}/swaps/{id}/accept/  -        -
post  on-call/schedules/{schedule}/swaps/{id}/decline/ -        -
post  on-call/schedules/{schedule}/swaps/{id}/withdraw/ M       -
get   on-call/services/                                all      -
get   on-call/services/{key}/                          RCMAOX   policies.service
get   on-call/services/{key}/gaps/                     RCMAOX   policies.service
get   on-call/services/{key}/view/                     RCMAOX   policies.service
get   on-call/teams/                                   all      -
get   on-call/teams/{id}/                              RCMAOX   -
get   on-call/teams/{id}/gaps/                         RCMAOX   -
get   on-call/teams/{id}/view/                         RCMAOX   -
get   policies/                                        all      -
get   policies/{id}/                                   RCMAOX   policies.escalationpolicy
get   policies/{id}/compare/                           RCMAOX   policies.escalationpolicy
get   policies/{id}/version-in-force/                  RCMAOX   policies.escalationpolicy
get   policies/{policy}/versions/                      RCMAOX   policies.escalationpolicy
post  policies/{policy}/versions/                      CM       policies.escalationpolicy  -
get   policies/{policy}/versions/{number}/             RCMAOX   policies.policyversion
post  policies/{policy}/versions/{number}/approve/     A!       policies.policyversion
post  policies/{policy}/versions/{number}/send-back/   A!       policies.policyversion
post  policies/{policy}/versions/{number}/submit/      CM       policies.policyversion
patch policies/{policy}/versions/{number}/thresholds/  CM       policies.policyversion
get   quarterly-reviews/                               all      -
get   quarterly-reviews/{id}/                          MAOX     reports.quarterlyreview
post  quarterly-reviews/                               O        -
patch quarterly-reviews/{id}/                          O        reports.quarterlyreview
post  quarterly-reviews/{id}/findings/                 O        reports.quarterlyreview
post  quarterly-reviews/{id}/findings/{finding}/accept/ O       reports.quarterlyreview
post  quarterly-reviews/{id}/findings/{finding}/dismiss/ O      reports.quarterlyreview
post  quarterly-reviews/{id}/decisions/                O        reports.quarterlyreview
post  quarterly-reviews/{id}/decisions/{decision}/take/ MA      reports.quarterlyreview
post  quarterly-reviews/{id}/decisions/{decision}/drop/ MA      reports.quarterlyreview
post  quarterly-reviews/{id}/decisions/{decision}/ask-again/ O  reports.quarterlyreview
post  quarterly-reviews/{id}/actions/                  O        reports.quarterlyreview
post  quarterly-reviews/{id}/submit/                   O        reports.quarterlyreview
post  quarterly-reviews/{id}/sign/                     MAO!     reports.quarterlyreview
post  quarterly-reviews/{id}/send-back/                MAO      reports.quarterlyreview
post  quarterly-reviews/{id}/restate/                  O        reports.quarterlyreview
post  quarterly-reviews/{id}/check/                    MAOX     reports.quarterlyreview
get   quarterly-reviews/actions/                       all      -
get   quarterly-reviews/actions/{id}/                  MAOX     reports.quarterlyaction
patch quarterly-reviews/actions/{id}/                  O        reports.quarterlyaction
post  quarterly-reviews/actions/{id}/finish/           O        reports.quarterlyaction
post  quarterly-reviews/actions/{id}/cancel/           O        reports.quarterlyaction
get   quarterly-reviews/runs/{id}/                     O        -
get   conformance/                                     MAOX     -
post  readings/                                        RC       policies.service      works
get   routing/                                         RCMAOX   -
get   services/                                        all      -
get   services/{key}/                                  RCMAOXSD policies.service
get   services/{key}/rules/                            RCMAOX   policies.service
post  simulations/                                     RCMAOX   policies.service      -
get   tokens/                                          all      -
post  tokens/{key}/revoke/                             all      -
"""

# What no page shows to anybody, so that no list may be asked for it letter by letter.
HIDDEN = """
portal.user                  password
portal.contactpoint          address
portal.apitoken              digest
portal.outboxmessage         title body
policies.calendarfeed        token_hash
policies.calendarsource      address pending_address
policies.dutypage            token_hash
"""
