#!/usr/bin/env python
"""The command line of the portal. A database that cannot be reached is one line, not a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    from portal.foundation.errors import PortalError

    try:
        execute_from_command_line(sys.argv)
    except PortalError as error:
        sys.exit(error.message)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except OperationalError as error:
        from portal.settings.env import database_label

        detail = " ".join(str(error).split())
        sys.exit(f"Database {database_label()} cannot be used: {detail}. Check DATABASE_URL and that the server is running.")


if __name__ == "__main__":
    main()
