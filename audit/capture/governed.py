"""Which tables are governed: every one is, of whatever app, unless it stands here with its reason not to be."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model

# Where the engine and imports write.
BUSY = ("incidents",)

# Everything else is governed, histories and tables that join two others included.
NOT_GOVERNED = {
    "account.EmailAddress": "allauth's own, and empty: how people are reached stands in their contact points",
    "account.EmailConfirmation": "allauth's own, and empty",
    "admin.LogEntry": "Django's own notes of the admin, which nobody goes by here",
    "audit.AnchorReceipt": "an answer from outside; what it proves, it proves by itself",
    "audit.DutyCheck": "when duties were looked at; what was found is told by events",
    "audit.EvidenceExport": "the progress of an export; asking for it, writing it and each download are events",
    "audit.LedgerAlarm": "what is wrong with sealing now; gone when it is over",
    "audit.LedgerCheck": "the progress of a check; asking for it and its result are events",
    "audit.LedgerCheckpoint": "the ledger's own: signed",
    "audit.LedgerEpoch": "the ledger's own: told by an event that is sealed",
    "audit.LedgerEvent": "the ledger itself: never changed or removed",
    "audit.LedgerInbox": "the sealer's way to what is new",
    "audit.LedgerLeaf": "the ledger's own: signed",
    "audit.LedgerObject": "counts events; a verifier counts them again",
    "audit.LedgerTile": "the ledger's own: worked out from the leaves",
    "audit.OpenAct": "the witnesses' own",
    "audit.PersonalCard": "beside the ledger on purpose, so that it can be erased; a changed one no longer fits its token",
    "audit.RawChange": "the witnesses' own: goes only once an event has told it",
    "audit.TrailForgotten": "the reading pages' own: which removals their index has followed",
    "audit.TrailIndex": "the reading pages' own: how far their index has come",
    "audit.TrailPosting": "the reading pages' own: worked out from the ledger, and again when it is lost",
    "auth.Permission": "made from the models by every migration; who holds which is governed",
    "contenttypes.ContentType": "made from the models by every migration",
    "django_q.OrmQ": "tasks on their way",
    "django_q.Schedule": "made from the declared jobs; what a job does is an event",
    "django_q.Task": "what became of tasks",
    "incidents.EngineHeartbeat": "a sign of life",
    "incidents.EscalationLook": "a wish that the engine looks; it decides nothing",
    "policies.CoverageFinding": "worked out anew from the plans",
    "policies.CoverageRun": "the progress of working out",
    "policies.EditLock": "who edits a draft this moment; it lapses by itself",
    "policies.FeedAccess": "itself a record of reading",
    "policies.ScheduleCoverage": "worked out anew from the plans",
    "portal.BrowserSession": "who is signed in; signing in and out and ending sessions are events",
    "portal.Callback": "itself a record: what a provider sent",
    "portal.ContactCode": "a code that counts for minutes; sending it and each try are events",
    "portal.DeliveryAttempt": "itself a record: what became of a message",
    "portal.LaneTally": "counts",
    "portal.OutboxMessage": "a message on its way; what it tells is an event",
    "portal.Outage": "suspicions come and go; one that is told is an event",
    "portal.RememberedRequest": "an answer kept for a day, for the same request sent again",
    "portal.SignOfLife": "a sign of life",
    "portal.WrongTries": "counts; each refused try and each lock are events",
    "reports.DayFacts": "worked out anew from the incidents",
    "reports.FactsProgress": "how far that has come",
    "reports.QuarterFigures": "worked out anew from the incidents",
    "reports.PackRun": "the progress of a build; asking for it, building it and each download are events",
    "reports.ReviewRun": "the progress of opening a review; asking for it and opening it are events",
    "reports.ScheduledPack": "which try a schedule is at; asking for each pack, building it and each download are events",
    "sessions.Session": "who is signed in; signing in and out are events",
}

# Columns of governed tables that a machine keeps for itself: a change of nothing else is not witnessed.
OF_THE_MACHINE = {
    "audit.ReviewItem": ("taken_by", "taken_at"),
    "audit.DutyFinding": ("last_seen",),
    "incidents.EscalationRun": ("next_run_at", "sequence", "failures", "last_failure", "severity", "last_page_at", "reminded"),
    "incidents.HandOff": ("remind_at", "reminded"),
    "mfa.Authenticator": ("last_used_at",),
    "policies.CalendarSource": ("next_refresh_at",),
    "policies.DutyPage": ("reads", "read_at"),
    "policies.ReplayRun": ("state", "progress", "looked_at"),
    "portal.ApiToken": ("last_used_at", "warned_at"),
    "portal.User": ("last_login",),
}


@dataclass(frozen=True, slots=True)
class Governed:
    """A table that is witnessed. `key` names the columns that say which row, `about` the models that these are keys of; `counting` those
    columns whose change counts, empty for all.

    `is_busy`: written by the hundred, where each microsecond a row counts. Rows of a history are added by the portal all the time and told
    by the row that they are of: only changing or removing one counts.
    """

    label: str
    table: str
    key: tuple[str, ...]
    about: tuple[str, ...]
    counting: tuple[str, ...]
    columns: tuple[str, ...]
    is_history: bool
    is_busy: bool


@cache
def governed_tables() -> tuple[Governed, ...]:
    """Every governed table, in the order of the models. Worked out once, from every field there is."""
    return tuple(_governed(model) for model in apps.get_models(include_auto_created=True) if is_governed(model))


def is_governed(model: type[Model]) -> bool:
    meta = model._meta
    if meta.proxy or not meta.managed:
        return False
    return meta.label not in NOT_GOVERNED


def _governed(model: type[Model]) -> Governed:
    meta, key = model._meta, _key(model)
    return Governed(
        meta.label,
        meta.db_table,
        tuple(field.column for field in key),
        tuple((field.related_model if field.is_relation else model)._meta.label_lower for field in key),
        _counting(model),
        tuple(str(field.column) for field in meta.concrete_fields),
        _is_history(model),
        meta.app_label in BUSY,
    )


def _key(model: type[Model]) -> list[Any]:
    """A row that joins two others is called by both, for its own key says nothing."""
    fields = list(model._meta.concrete_fields)
    if model._meta.auto_created:
        return [field for field in fields if field.is_relation]
    return [model._meta.pk]


def _counting(model: type[Model]) -> tuple[str, ...]:
    left_out = OF_THE_MACHINE.get(model._meta.label)
    return tuple(str(field.column) for field in model._meta.concrete_fields if field.name not in left_out) if left_out else ()


def _is_history(model: type[Model]) -> bool:
    return hasattr(model, "instance_type") or any(field.name == "m2m_history_id" for field in model._meta.concrete_fields)
