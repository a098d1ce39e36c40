"""Answers for monitors: is the process alive, can it work, does the engine pass. No sign-in, and nothing worth knowing to a stranger."""

import time
from datetime import datetime
from threading import BoundedSemaphore

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.escalation.queries import engine_health
from incidents.models import EngineHeartbeat
from portal.foundation import clock, database_guards
from portal.foundation.front_door.resealing import unreadable
from portal.foundation.signs.beats import SENDER, last_beat
from portal.foundation.watch import delivery

LONGEST_WAIT_SECONDS = 30.0
# Waiting occupies a worker, and anybody may ask: the others stay free for work.
_waiting = BoundedSemaphore(2)
POLL_SECONDS = 0.1


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, is migrated, has its guards, and its secrets can be read; else 503 and which is not."""
    try:
        checks = {"database": _database_answers(), "migrations": _migrations_applied(), "guards": not database_guards.missing()}
        checks["secrets"] = not checks["migrations"] or not unreadable()
    except DatabaseError:
        checks = {"database": False}
    return _verdict(all(checks.values()), {name: "ok" if good else "failing" for name, good in checks.items()})


@require_safe
@never_cache
def engine(request: HttpRequest) -> HttpResponse:
    """200 while the engine passes in time; else 503."""
    health = engine_health(clock.now())
    return _verdict(
        health.is_well,
        {
            "detail": health.words,
            "last_finished_at": _text(health.last_finished_at),
        },
    )


@require_safe
@never_cache
def sender(request: HttpRequest) -> HttpResponse:
    """200 while messages leave: the sending process gives signs of life, and none waits long past its time; else 503."""
    now = clock.now()
    troubles = [trouble.words for probe in (delivery.sender, delivery.messages) for trouble in probe(now)]
    return _verdict(not troubles, {"detail": " ".join(troubles), "last_finished_at": _text(last_beat(SENDER))})


@require_safe
@never_cache
def engine_cycle(request: HttpRequest) -> HttpResponse:
    """Waits up to `wait` seconds for a pass that starts after the request and finishes; 200 then, 503 when none did."""
    try:
        wait = float(request.GET.get("wait", "5"))
    except ValueError:
        wait = -1.0
    if not 0 <= wait <= LONGEST_WAIT_SECONDS:
        return JsonResponse({"status": "bad request", "wait": f"seconds from 0 to {LONGEST_WAIT_SECONDS:g}"}, status=400)
    if not _waiting.acquire(blocking=False):
        return JsonResponse(
            {"status": "busy", "detail": "Others are already waiting; try again."}, status=503, headers={"Retry-After": "1"}
        )
    try:
        finished = _pass_after(clock.now(), wait)
    finally:
        _waiting.release()
    return _verdict(finished is not None, {"last_finished_at": _text(finished)})


def _pass_after(asked_at: datetime, wait: float) -> datetime | None:
    deadline = time.monotonic() + wait
    while True:
        # Both times of one pass: the row of a pass under way still holds the finish of the one before.
        finished = EngineHeartbeat.objects.filter(last_started_at__gte=asked_at, last_finished_at__gte=F("last_started_at"))
        heartbeat = finished.first()
        if heartbeat is not None:
            return heartbeat.last_finished_at
        if time.monotonic() >= deadline:
            return None
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0)))


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _verdict(good: bool, details: dict[str, object]) -> HttpResponse:
    return JsonResponse({"status": "ok" if good else "failing", **details}, status=200 if good else 503)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


urlpatterns = [
    path("live", live, name="health-live"),
    path("ready", ready, name="health-ready"),
    path("engine", engine, name="health-engine"),
    path("sender", sender, name="health-sender"),
    path("engine/cycle", engine_cycle, name="health-engine-cycle"),
]
