"""The web server's way in."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()

# What is loaded stays, all pages with it: a look through it for garbage would take a tenth of a second, in the midst of somebody's page.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
