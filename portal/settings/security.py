"""Who may come in, how long they stay, and what a page may load."""

import re

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from .env import words

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["portal.foundation.access.rights_backend.RightsBackend", "guardian.backends.ObjectPermissionBackend"]
# Rights that somebody took for minutes; it lets nobody in.
AUTHENTICATION_BACKENDS += ["portal.foundation.access.backend.ElevatedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Nobody acts anonymously here, so guardian's anonymous account is not created.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False

# Counted from the sign-in; see `front_door` for how long it lasts unused.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Who may show a page of duty in a frame, such as 'self' https://intranet.example.com; each is a source as CSP writes it.
DUTY_PAGE_FRAME_ANCESTORS = words("DUTY_PAGE_FRAME_ANCESTORS", SELF)
if any(re.search(r"[;\s]", source) for source in DUTY_PAGE_FRAME_ANCESTORS):
    raise ImproperlyConfigured(
        "DUTY_PAGE_FRAME_ANCESTORS is a list of sources with commas between them, such as 'self',https://intranet.example.com."
    )

# 'unsafe-eval' is what the admin theme's Alpine.js asks for; see docs/adr. Everything else stays strict.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
