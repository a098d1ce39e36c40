"""The web server's way in."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.template import engines
from django.urls import get_resolver, reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()

from portal.foundation.loading import without  # noqa: E402 - it needs settings

# All pages and every name of an address (the admin's are worked out apart), so that the first to ask for a page need not wait.
_ = get_resolver().reverse_dict, reverse("admin:index")
with without("allauth.account.templatetags"):
    engines.all()
# It stays: a look through it for garbage would take a tenth of a second, in the midst of somebody's page.
gc.collect()
gc.freeze()
