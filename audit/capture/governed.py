"""Which tables are governed: every table of the portal is, unless it stands here with its reason not to be."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

APPS = ("portal", "audit", "policies", "incidents", "reports")
# Of other people's apps, what says who may do what.
BESIDES = (
    "auth.Group",
    "auth.Group_permissions",
    "authtoken.Token",
    "guardian.UserObjectPermission",
    "guardian.GroupObjectPermission",
)
# Where the engine and imports write.
BUSY = ("incidents",)

# What is not named in either list by its model is governed.
NOT_GOVERNED = {
    "audit.AnchorReceipt": "an answer from outside; what it proves, it proves by itself",
    "audit.LedgerAlarm": "what is wrong with sealing now; gone when it is over",
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
    "incidents.EngineHeartbeat": "a sign of life",
    "incidents.EscalationLook": "a wish that the engine looks; it decides nothing",
    "policies.CoverageFinding": "worked out anew from the plans",
    "policies.CoverageRun": "the progress of working out",
    "policies.EditLock": "who edits a draft this moment; it lapses by itself",
    "policies.FeedAccess": "itself a record of reading",
    "policies.ScheduleCoverage": "worked out anew from the plans",
    "portal.Callback": "itself a record: what a provider sent",
    "portal.ContactCode": "a code that counts for minutes; sending it and each try are events",
    "portal.DeliveryAttempt": "itself a record: what became of a message",
    "portal.LaneTally": "counts",
    "portal.OutboxMessage": "a message on its way; what it tells is an event",
    "portal.Outage": "suspicions come and go; one that is told is an event",
    "portal.RememberedRequest": "an answer kept for a day, for the same request sent again",
    "portal.SignOfLife": "a sign of life",
}

# Columns of governed tables that a machine keeps for itself: a change of nothing else is not witnessed.
OF_THE_MACHINE = {
    "incidents.EscalationRun": ("next_run_at", "sequence", "failures", "last_failure", "severity", "last_page_at", "reminded"),
    "incidents.HandOff": ("remind_at", "reminded"),
    "policies.CalendarSource": ("next_refresh_at",),
    "policies.DutyPage": ("reads", "read_at"),
    "policies.ReplayRun": ("state", "progress", "looked_at"),
    "portal.User": ("last_login",),
}


@dataclass(frozen=True, slots=True)
class Governed:
    """A table that is witnessed. `key` names the columns that say which row; `counting` those whose change counts, empty for all.

    `is_busy`: written by the hundred, where each microsecond a row counts. Rows of a history are added by the portal all the time and told
    by the row that they are of: only changing or removing one counts.
    """

    label: str
    table: str
    key: tuple[str, ...]
    counting: tuple[str, ...]
    is_history: bool
    is_busy: bool


def governed_tables() -> Iterator[Governed]:
    """Every governed table, in the order of the models."""
    for model in apps.get_models(include_auto_created=True):
        if is_governed(model):
            yield Governed(
                model._meta.label, model._meta.db_table, _key(model), _counting(model), _is_history(model), model._meta.app_label in BUSY
            )


def is_governed(model: type[Model]) -> bool:
    meta = model._meta
    if meta.proxy or not meta.managed:
        return False
    return meta.label in BESIDES or (meta.app_label in APPS and meta.label not in NOT_GOVERNED)


def _key(model: type[Model]) -> tuple[str, ...]:
    """A row that joins two others is called by both, for its own key says nothing."""
    meta = model._meta
    if meta.auto_created:
        return tuple(field.column for field in meta.concrete_fields if field.is_relation)
    return (str(meta.pk.column),)  # type: ignore[union-attr]


def _counting(model: type[Model]) -> tuple[str, ...]:
    left_out = OF_THE_MACHINE.get(model._meta.label)
    return tuple(field.column for field in model._meta.concrete_fields if field.name not in left_out) if left_out else ()


def _is_history(model: type[Model]) -> bool:
    return hasattr(model, "instance_type") or any(field.name == "m2m_history_id" for field in model._meta.concrete_fields)
