#!/usr/bin/env python
"""The command line of the portal. A database that cannot be used is one line, not a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import DatabaseError

    from portal.foundation.errors import PortalError

    try:
        execute_from_command_line(sys.argv)
    except PortalError as error:
        sys.exit(error.message)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except DatabaseError as error:
        words = _in_words(error)
        if words is None:
            raise
        sys.exit(words)


def _in_words(error: Exception) -> str | None:
    """What is wrong with the database and what to do; None for an error that is our own, not the database's state."""
    from django.db.utils import DatabaseError, OperationalError, ProgrammingError

    from audit.events.unwritable import BUSY, TrailUnavailable
    from portal.foundation.patience import in_vain
    from portal.settings.env import database_label

    # A missing table is a ProgrammingError on PostgreSQL and an OperationalError on SQLite.
    if (isinstance(error, ProgrammingError) or "no such" in str(error)) and _lacks_migrations():
        return f"Database {database_label()} is not prepared for this version of the portal. Run: python manage.py migrate"
    # SQLite says with the bare class that a file is not a database, or a broken one.
    if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
        return None
    if in_vain(error):
        return f"{BUSY} Another process, such as a backup or an import, keeps database {database_label()} locked."
    if isinstance(error, TrailUnavailable):
        return str(error)
    detail = " ".join(str(error).split())
    return f"Database {database_label()} cannot be used: {detail}. Check DATABASE_URL and that the server is running."


def _lacks_migrations() -> bool:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False


if __name__ == "__main__":
    main()
