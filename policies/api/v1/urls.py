"""Addresses under /api/v1/."""

from rest_framework.routers import SimpleRouter

from .views import Policies, Services

router = SimpleRouter()
router.register("services", Services, basename="service")
router.register("policies", Policies, basename="policy")
urlpatterns = router.urls
