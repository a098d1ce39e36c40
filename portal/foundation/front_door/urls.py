"""Addresses of the front door. The names that start with 'account_' and 'mfa_' are those that allauth looks for."""

from django.urls import path

from .doors import later

HERE = "portal.foundation.front_door"
sign_in = later(f"{HERE}.signing_in.sign_in")

urlpatterns = [
    path("admin/login/", sign_in, name="account_login"),
    path("account/passkey/", later(f"{HERE}.signing_in.passkey"), name="front-door-passkey"),
    path("account/second-step/", later(f"{HERE}.signing_in.second_step"), name="mfa_authenticate"),
    path("account/again/", later(f"{HERE}.again.again"), name="account_reauthenticate"),
    path("account/", later(f"{HERE}.account_pages.account"), name="front-door"),
    path("account/sessions/end/", later(f"{HERE}.account_pages.end_all_others"), name="front-door-end-others"),
    path("account/sessions/<slug:key>/end/", later(f"{HERE}.account_pages.end_one"), name="front-door-end"),
    path("account/password/", later(f"{HERE}.account_pages.password"), name="front-door-password"),
    path("account/password/forgotten/", later(f"{HERE}.password_pages.forgotten"), name="front-door-forgotten"),
    path("account/password/<str:key>/<str:token>/", later(f"{HERE}.password_pages.set_password"), name="front-door-set-password"),
    path("account/factors/", later(f"{HERE}.factor_pages.set_up"), name="front-door-set-up"),
    path("account/factors/app/", later(f"{HERE}.factor_pages.add_app"), name="front-door-add-app"),
    path("account/factors/codes/", later(f"{HERE}.factor_pages.codes"), name="front-door-codes"),
    path("account/factors/<int:pk>/remove/", later(f"{HERE}.account_pages.remove_factor"), name="front-door-factor-remove"),
    path("account/factors/add/<slug:kind>/", later(f"{HERE}.factor_pages.add_key"), name="front-door-add-key"),
    path("account/tokens/new/", later(f"{HERE}.tokens.pages.new"), name="front-door-token-new"),
    path("account/tokens/new/<int:owner>/", later(f"{HERE}.tokens.pages.new"), name="front-door-token-new-for"),
    path("account/tokens/<slug:key>/end/", later(f"{HERE}.tokens.pages.end_one"), name="front-door-token-end"),
    path("account/oidc/<slug:key>/", later(f"{HERE}.oidc.pages.go"), name="front-door-oidc"),
    path("account/oidc/<slug:key>/link/", later(f"{HERE}.oidc.pages.go_to_link"), name="front-door-oidc-link"),
    path("account/oidc/<slug:key>/back/", later(f"{HERE}.oidc.pages.back"), name="front-door-oidc-back"),
    path("account/links/<int:pk>/remove/", later(f"{HERE}.account_pages.remove_link"), name="front-door-unlink"),
]
