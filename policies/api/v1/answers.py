"""What the API gives about several versions at once: comparisons, drafts just made, the rules in force of a service."""

from typing import Any

from rest_framework import serializers

from policies.decisions.scopes import PARTS
from policies.decisions.vocabulary import Scope
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text

from .contents import ContentOutput
from .serializers import LONGEST_REASON, VersionDetailOutput, VersionLineOutput


class ChangeOutput(serializers.Serializer):
    """One thing that changes."""

    section = serializers.CharField()
    place = serializers.CharField(help_text="The level, threshold, message, …")
    field = serializers.CharField(help_text="What of it; 'added' and 'removed' for all of it.")
    before = serializers.CharField(help_text="Empty where nothing stood.")
    after = serializers.CharField(help_text="Empty where nothing stands.")
    words = serializers.CharField(help_text="All of it in one sentence.")


class DeedOutput(serializers.Serializer):
    """What somebody did with a version, as it is recorded in the audit trail."""

    what = serializers.CharField()
    who = serializers.CharField()
    at = Moment()
    words = serializers.CharField()


class AcceptedOutput(serializers.Serializer):
    """A warning of the checks that the version was submitted in spite of."""

    check = serializers.CharField()
    place = serializers.CharField()
    says = serializers.CharField()


class ComparisonOutput(serializers.Serializer):
    """Two versions, what the second changes of the first, and who did what with both."""

    before = VersionLineOutput(source="before.version")
    after = VersionLineOutput(source="after.version")
    before_deeds = DeedOutput(source="before.deeds", many=True)
    after_deeds = DeedOutput(source="after.deeds", many=True)
    before_accepted = AcceptedOutput(source="before.accepted", many=True)
    after_accepted = AcceptedOutput(source="after.accepted", many=True)
    differences = serializers.SerializerMethodField(help_text="The changes as sentences.")
    changes = ChangeOutput(many=True)

    def get_differences(self, found: object) -> list[str]:
        return [change.words for change in found.changes]  # type: ignore[attr-defined]


class FindingOutput(serializers.Serializer):
    """What a check says of the draft."""

    id = serializers.CharField()
    weight = serializers.CharField(help_text="error blocks submission, warning has to be accepted, note informs.")
    place = serializers.CharField()
    text = serializers.CharField()
    remedy = serializers.CharField()


class DraftInput(StrictSerializer):
    """A new draft: with the content given, as data or as YAML; without any, with that of the latest approved version."""

    reason = Text(max_length=LONGEST_REASON, help_text="What changes and why.")
    content = serializers.JSONField(required=False, help_text="A policy file as JSON; see policy.schema.json.")
    yaml = Text(required=False, max_length=256_000, trim_whitespace=False, help_text="A policy file as YAML.")
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Only tell what would be; needs content or yaml.")


def source_of(given: dict[str, Any]) -> bytes | dict[str, Any] | None:
    """What an import reads: YAML as bytes, or data; None when neither was sent. Raises ValidationError in words."""
    if "yaml" in given and "content" in given:
        raise serializers.ValidationError({"yaml": ["Send the content as data or as YAML, not both."]})
    if "yaml" in given:
        return str(given["yaml"]).encode("utf-8", "surrogatepass")
    content = given.get("content")
    if "content" in given and not isinstance(content, dict):
        raise serializers.ValidationError({"content": ["Send a group of named fields."]})
    if content is None and given["dry_run"]:
        raise serializers.ValidationError({"dry_run": ["Without content there is nothing to try."]})
    return content


class DraftOutput(serializers.Serializer):
    """The draft (null after a dry run), what it changes of the version in force, and what the checks say of it."""

    version = VersionDetailOutput(allow_null=True)
    against = serializers.IntegerField(allow_null=True, help_text="The number of the version in force; null without one.")
    changes = ChangeOutput(many=True)
    findings = FindingOutput(many=True)


class SourceOutput(serializers.Serializer):
    """A version that speaks for the service."""

    version_id = serializers.IntegerField()
    name = serializers.CharField(help_text="Policy and version.")
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope])


class PartOutput(serializers.Serializer):
    """Which version supplies a part of the rules, and why."""

    part = serializers.ChoiceField(choices=list(PARTS))
    supplier = SourceOutput(source="source")
    why = serializers.CharField()


class RulesOutput(serializers.Serializer):
    """The rules that count for a service at an instant."""

    service = serializers.CharField()
    at = Moment()
    speaking = SourceOutput(many=True, help_text="Every version that says something, the narrowest scope first.")
    parts = PartOutput(many=True)
    content = ContentOutput()
