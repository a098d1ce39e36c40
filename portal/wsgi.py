"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from portal.management.garbage import keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()
keep_what_is_loaded()
