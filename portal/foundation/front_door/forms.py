"""What people type at the front door."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

# Hashing takes time by length.
LONGEST_PASSWORD = 200


def _secret(autocomplete: str, label: str, help_text: str = "") -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=LONGEST_PASSWORD, widget=widget, help_text=help_text)


class SignInForm(forms.Form):
    """The first proof."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = _secret("current-password", "Password")


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class PasswordForm(forms.Form):
    """Once more, the password that is there."""

    password = _secret("current-password", "Your password")


class NameForm(forms.Form):
    """Who forgot the password."""

    username = SignInForm.base_fields["username"]


class NewPasswordForm(forms.Form):
    """A new password, twice. `user` is whose, for what a password must not resemble."""

    new_password = _secret("new-password", "New password")
    again = _secret("new-password", "The same once more")

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        self.user = user
        self.fields["new_password"].help_text = " ".join(password_validators_help_texts())

    def clean_new_password(self) -> str:
        """Refuses a short or common one, or one like the person's name."""
        password = str(self.cleaned_data["new_password"])
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("new_password") and data.get("again") and data["new_password"] != data["again"]:
            self.add_error("again", "The two are not the same.")
        return data


class ChangePasswordForm(NewPasswordForm):
    """The old one first, so that nobody changes it at a screen that was left open."""

    password = _secret("current-password", "The password that you have now")
    field_order = ("password", "new_password", "again")

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password
