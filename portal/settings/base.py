"""What every environment shares: apps, middleware, templates, language and time."""

from django.urls import reverse_lazy

from .channels import *  # noqa: F403
from .directory import *  # noqa: F403
from .env import PROJECT, database
from .front_door import *  # noqa: F403
from .jobs import *  # noqa: F403
from .ledger import *  # noqa: F403
from .logs import *  # noqa: F403
from .rest import *  # noqa: F403
from .running import *  # noqa: F403
from .security import *  # noqa: F403
from .theme import *  # noqa: F403
from .watch import *  # noqa: F403

BASE_DIR = PROJECT
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the other one puts its own admin site in the place of ours
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.guardian",
    "unfold.contrib.simple_history",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "simple_history",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "csp",
    "portal.foundation.front_door.allauth_apps.Accounts",
    "portal.foundation.front_door.allauth_apps.SecondFactors",
    "portal",
    "audit",
    "policies",
    "incidents",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.foundation.policy_header.PolicyHeaderMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.foundation.request_context.RequestContextMiddleware",
    "portal.foundation.patience.PatienceMiddleware",
    "portal.foundation.for_browsers.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.foundation.for_browsers.SignedIn",
    "audit.web.TrailMiddleware",
    "portal.foundation.front_door.middleware.FrontDoor",
    "portal.foundation.for_browsers.ReaderTimeZone",
    "portal.foundation.for_browsers.KeptForms",
    "portal.foundation.for_browsers.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "portal.foundation.turns.TurnsMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "portal.site.alarms.standing",
            ],
        },
    },
]
FORM_RENDERER = "portal.foundation.adminkit.renderer.QuickRenderer"
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "portal.formats"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PROJECT / "portal" / "static"]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

# A draft with twenty levels and as many thresholds is one form of some two thousand fields; the framework's thousand would lose it.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
