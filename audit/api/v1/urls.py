"""Addresses under /api/v1/ledger/."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from .views import Exports, LedgerView, ProofView

router = SimpleRouter()
router.register("exports", Exports, basename="ledger-export")
urlpatterns = [
    path("", LedgerView.as_view(), name="ledger"),
    re_path(r"^events/(?P<event>[0-9]{1,18}|[0-9a-fA-F-]{36})/proof/$", ProofView.as_view(), name="ledger-event-proof"),
    *router.urls,
]
