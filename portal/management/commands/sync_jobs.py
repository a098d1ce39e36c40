"""Makes django-q2's schedules say what the declared jobs say."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.foundation import clock
from portal.foundation.jobs import sync_jobs


class Command(BaseCommand):
    help = "Creates, corrects or removes one schedule per declared job; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = sync_jobs(now=clock.now())
        self.stdout.write("\n".join(changed) or "Jobs are as declared.")
