"""What is promised of single objects and single fields, written down by hand beside `promise`: what can be done with a thing as it is, which
fields of a form or a body are taken from whom, and what is blank for whom.

Letters are those of `promise`. Whoever adds a field to a form or a state to a thing says here who may write it and what may be done in it.
"""

# What can be pressed on a thing as it is, by whoever may press it at all. Verbs of `promise` that are not named here can not be; one in brackets
# is not offered, and does no harm to whoever presses it all the same: a draft that nobody edits is taken by editing it.
POSSIBLE = """
incidents.incident         new            acknowledge resolve note hand-over reading facts problem change details cancel freeze
incidents.incident         confidential   acknowledge resolve note hand-over reading facts problem change details cancel freeze
incidents.incident         in-progress    acknowledge resolve note hand-over reading facts problem change details hold freeze
incidents.incident         on-hold        acknowledge resolve note hand-over reading facts problem change details resume freeze
incidents.incident         resolved       note facts problem change post-mortem reopen close
incidents.incident         closed         note facts problem change post-mortem
incidents.incident         cancelled      note facts problem change
incidents.incident         imported       note problem change post-mortem
policies.policyversion     draft          submit discard publish-at-once (take-over)
policies.policyversion     edited         submit discard publish-at-once take-over
policies.policyversion     submitted      withdraw
policies.policyversion     in-force       roll-back
policies.policyversion     superseded     roll-back
policies.policyversion     discarded      -
policies.scheduleplan      draft          discard
policies.scheduleplan      published      -
"""

# Who may change a thing as it is by its form; what somebody else is editing, nobody.
CHANGED = """
incidents.incident         -
policies.policyversion     draft          CM
policies.scheduleplan      draft          M
"""

# What the API does with an incident as it is: the operations that take anything from those who may ask.
TAKEN = """
new            acknowledge notes resolve patch
confidential   acknowledge notes resolve patch
in-progress    acknowledge notes resolve patch
on-hold        acknowledge notes resolve patch
resolved       notes
closed         notes
cancelled      notes
imported       notes
"""

# Who may take back that an incident is confidential, among those who may change it.
DECLASSIFIES = "C"

# The fields that a form takes, for adding (+) and changing (=) a row, and after '|' those of rows under it. What only some may write has a line of its own.
FIELDS = """
audit.reviewplan             +=  O    name view rhythm time_zone first_day selection number always rationale reviewers group second_signature due_within owner tell why
incidents.changefreeze       +   CM   covers services unit begins_at ends_at incident reason
incidents.changerequest      +   CM   number title kind services planned_start planned_end why
incidents.changerequest      =   CM   title kind services planned_start planned_end why
incidents.drill              +=  CM   title service severity goal planned_for ends_by announced next_due why | incidents.drillpart person contact | incidents.drillfailure kind person level channel
incidents.drillfinding       +=  CM   drill text owner due why
incidents.feedback           +   RCMO giver given_on satisfaction way incident service text
incidents.impactreading      +   RC   service measure value
incidents.incident           +   RC   title service impact urgency description personal_data regulated data_breach confidential measure value labels segment revenue_loss_per_hour revenue_currency regulatory_exposure
incidents.knownerror         +=  CM   title services symptom workaround problem reference_url active why
incidents.postmortem         =   RCM owner due summary impact contributing went_well lessons why | incidents.postmortemaction text owner due
incidents.postmortemaction   =   RCM text owner due why
incidents.problem            +=  CM   number title description service state owner why | incidents.incidentproblem
policies.businessunit        +=  MD   name part_of why
policies.component           +=  MD   service name why
policies.customersegment     +=  M    name criticality description why
policies.delegatedauthority  +=  M    person region mandates limits valid_from valid_until why
policies.escalationpolicy    +=  M    name scope service tier business_unit owner time_zone description why
policies.knowledgeduty       +   MO   policy person team group within_days needs_training why
policies.oncallschedule      +=  M    name team order description why
policies.ownmeasure          +   M    name key unit highest why
policies.ownmeasure          =   M    name unit highest why
policies.policyversion       =   CM   change_reason effective_from resolve_within silent_after repeats stakeholder_from cell_1_1 cell_1_2 cell_1_3 cell_2_1 cell_2_2 cell_2_3 cell_3_1 cell_3_2 cell_3_3 | policies.level number kind name window backup_after reminders owner mandates mandate_limits region mandate_until skills languages runbook needs_rca | policies.severityoverride severity start_level pace_percent | policies.threshold name severity start_level combine runbook | policies.businessthreshold name measure value currency impact | policies.exceptionrule name indicator service label start_level owner review_on rationale | policies.messagetemplate track level audience subject body | policies.announcementprotocol severity audience person role_held channels first_within repeat_every
policies.region              +=  M    name people why
policies.role                +=  M    name holder deputy why
policies.rotalayer           +=  M    name every unit starts_on handover_at holidays shadow | policies.layermember position person | policies.layerwindow weekdays starts ends
policies.runbook             +=  M    title owner url steps why
policies.scheduleplan        =   M    time_zone holiday_calendar
policies.service             +=  MD   name key description tier regulated executive_system promised_response promised_resolution business_unit team owner runbooks why | policies.component name
policies.team                +=  MD   name business_unit time_zone members why
policies.trainingrecord      +=  MO   policy person course trained_on expires_on why
portal.contactpoint          +=  D    person label channel address order active why anyway
portal.user                  +=  D    username display_name email time_zone manager skills languages is_active groups is_staff why
portal.user                  +=  *    username display_name email time_zone manager skills languages is_active groups is_staff is_superuser why
reports.packschedule         +   O    name unit which figures formats rhythm days hour roles tell_unit why
"""

# Kinds that are added or changed by forms of their own, which are no row's: what they take is what their service takes, and each has its tests.
OWN_FORMS = frozenset(
    {
        "audit.accesscampaign",
        "reports.quarterlyreview",
        "audit.dutyexception",
        "audit.dutypair",
        "audit.elevation",
        "audit.evidenceexport",
        "audit.legalhold",
        "policies.calendarfeed",
        "policies.calendarsource",
        "policies.dutyabsence",
        "policies.dutypage",
        "policies.holidaycalendar",
        "portal.apitoken",
        "portal.auditappointment",
        "portal.channelrule",
        "portal.directorysync",
        "portal.objectgrant",
    }
)

# What the bodies of the API take.
BODIES = """
post  directory/sync/                                   -
post  changes/                                          number title kind services planned_start planned_end source
patch changes/{number}/                                 title kind services planned_start planned_end reason
post  changes/{number}/approve/                         reason
post  changes/{number}/begin/                           at reason
post  changes/{number}/end/                             at reason
post  feedback/                                         giver given_on way satisfaction text incident service
post  hand-offs/                                        incident to_person to_team kind track note
post  hand-offs/{id}/accept/                            reason
post  hand-offs/{id}/decline/                           reason
post  hand-offs/{id}/sign/                              reason
post  hand-offs/{id}/waive/                             reason
post  hand-offs/{id}/withdraw/                          reason
post  incidents/                                        personal_data regulated data_breach confidential labels revenue_loss_per_hour revenue_currency regulatory_exposure segment title service impact urgency description readings
patch incidents/{number}/                               personal_data regulated data_breach confidential labels revenue_loss_per_hour revenue_currency regulatory_exposure segment title description impact urgency reason
post  incidents/{number}/acknowledge/                   reason
post  incidents/{number}/notes/                         text
post  incidents/{number}/resolve/                       reason
post  incidents/{number}/tracks/{track}/acknowledge/    reason
post  incidents/{number}/tracks/{track}/bypass/         reason level
post  incidents/{number}/tracks/{track}/de-escalate/    reason
post  incidents/{number}/tracks/{track}/escalate/       reason
post  incidents/{number}/tracks/{track}/hold/           reason until
post  incidents/{number}/tracks/{track}/resume/         reason
post  incidents/{number}/tracks/{track}/take-over/      reason
post  ledger/events/{event}/proof/                      -
post  ledger/exports/                                   reason since until object
post  ledger/exports/{id}/download/                     -
post  log-reviews/{id}/take/                            how_many
post  log-reviews/{id}/marks/                           marks
post  log-reviews/{id}/findings/                        entries title owner due_on evidence
post  log-reviews/{id}/close/                           reason
post  log-reviews/{id}/reopen/                          reason
post  log-reviews/{id}/sign/                            reason
post  log-reviews/{id}/check/                           -
post  log-reviews/plans/                                name view rhythm time_zone first_day due_within selection number always rationale reviewers group second_signature owner tell reason
patch log-reviews/plans/{id}/                           name view rhythm time_zone first_day due_within selection number always rationale reviewers group second_signature owner tell reason
post  log-reviews/plans/{id}/retire/                    reason
patch log-reviews/findings/{id}/                        owner due_on evidence reason
post  log-reviews/findings/{id}/resolve/                reason evidence
post  log-reviews/findings/{id}/withdraw/               reason
post  on-call/absences/                                 person starts_at ends_at kind accept_gaps reason
post  on-call/absences/{id}/end/                        reason
post  on-call/schedules/{schedule}/overrides/           person starts_at ends_at reason
post  on-call/schedules/{schedule}/overrides/{id}/end/  reason
post  on-call/schedules/{schedule}/swaps/               giver taker gives_from gives_until returns_from returns_until reason
post  on-call/schedules/{schedule}/swaps/{id}/accept/   -
post  on-call/schedules/{schedule}/swaps/{id}/decline/  answer
post  on-call/schedules/{schedule}/swaps/{id}/withdraw/ -
post  policies/{policy}/versions/                       reason content yaml dry_run
post  policies/{policy}/versions/{number}/approve/      reason content_sha256
post  policies/{policy}/versions/{number}/send-back/    reason
post  policies/{policy}/versions/{number}/submit/       reason accepted
patch policies/{policy}/versions/{number}/thresholds/   name reason severity start_level conditions sure
post  quarterly-reviews/                                quarter unit reason
patch quarterly-reviews/{id}/                           summary agenda reason
post  quarterly-reviews/{id}/findings/                  headline sentence incidents reason
post  quarterly-reviews/{id}/findings/{finding}/accept/ headline sentence reason
post  quarterly-reviews/{id}/findings/{finding}/dismiss/ reason
post  quarterly-reviews/{id}/decisions/                 question finding reason
post  quarterly-reviews/{id}/decisions/{decision}/take/ reason
post  quarterly-reviews/{id}/decisions/{decision}/drop/ reason
post  quarterly-reviews/{id}/decisions/{decision}/ask-again/ reason
post  quarterly-reviews/{id}/actions/                   title owner due_on finding decision feedback reason
post  quarterly-reviews/{id}/submit/                    reason
post  quarterly-reviews/{id}/sign/                      reason
post  quarterly-reviews/{id}/send-back/                 reason
post  quarterly-reviews/{id}/restate/                   reason
post  quarterly-reviews/{id}/check/                     -
patch quarterly-reviews/actions/{id}/                   owner due_on reason
post  quarterly-reviews/actions/{id}/finish/            reason
post  quarterly-reviews/actions/{id}/cancel/            reason
post  readings/                                         measure value observed_at service
post  simulations/                                      service policy version against begins severity title impact urgency personal_data regulated data_breach labels segment revenue_loss_per_hour revenue_currency regulatory_exposure script
post  tokens/{key}/revoke/                              -
"""

# Columns that somebody who was called in as an auditor sees blank, and two values that a row could have.
BLANKS = """
policies.dutyabsence     kind    sick      training
policies.dutyswap        reason  surgery   concert
policies.dutyswap        answer  recovering gladly
policies.oncalloverride  reason  bereaved  rotation
"""
