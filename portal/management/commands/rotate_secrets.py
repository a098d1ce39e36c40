"""Encrypts every secret in the database with the SECRET_KEY of now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.foundation import clock
from portal.foundation.front_door.resealing import reseal


class Command(BaseCommand):
    help = "Encrypts addresses, seeds and the like with SECRET_KEY, where another key was used or none. Safe to repeat, with everything running."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = reseal(now=clock.now(), say=self.stdout.write)
        self.stdout.write(f"{done} encrypted anew." if done else "Everything is encrypted with the key of now.")
        if lost:
            raise CommandError(
                f"{lost} cannot be read: put the key that they were encrypted with into SECRET_KEY_FALLBACKS, then repeat this."
            )
