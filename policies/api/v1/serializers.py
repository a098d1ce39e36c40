"""What the API takes and gives about the rules. State, hash and author are results of verbs and are never taken."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from policies.decisions.vocabulary import Scope
from policies.governance.approvers import approvals_missing
from policies.governance.models import Approval, PolicyVersion
from policies.governance.queries import phase_beside
from policies.governance.snapshots import readable_content
from policies.governance.states import Phase, VersionState
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text

from .contents import ContentOutput

# As long as the admin's forms take.
LONGEST_REASON = 2_000


class ServiceOutput(serializers.Serializer):
    """A service as incidents name it."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    tier = serializers.IntegerField(allow_null=True)
    regulated = serializers.BooleanField()
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    policy = serializers.IntegerField(
        source="escalation_policy.pk", default=None, allow_null=True, help_text="Id of its escalation policy."
    )


class VersionOutput(serializers.Serializer):
    """A policy version with its frozen content and the hash of it."""

    id = serializers.IntegerField()
    policy = serializers.IntegerField(source="policy_id")
    policy_name = serializers.CharField(source="policy.name")
    number = serializers.IntegerField()
    effective_from = Moment()
    effective_until = Moment(allow_null=True, help_text="When it ends by itself; only for what was published at once.")
    approved_at = Moment()
    content_sha256 = serializers.CharField()
    content = ContentOutput()


class PolicyOutput(serializers.Serializer):
    """An escalation policy, what it speaks for and where it stands."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope], help_text="Of two policies the narrower wins.")
    speaks_for = serializers.CharField(help_text="What it speaks for, in words.")
    service = serializers.CharField(source="service.key", default=None, allow_null=True, help_text="Its key, for a policy of a service.")
    tier = serializers.IntegerField(allow_null=True, help_text="For a policy of a tier.")
    business_unit = serializers.CharField(
        source="business_unit.name", default=None, allow_null=True, help_text="For a policy of a business unit."
    )
    time_zone = serializers.CharField(help_text="In which starts of its versions are told to people.")
    owner = serializers.CharField(source="owner.username")
    description = serializers.CharField()
    version_in_force = serializers.IntegerField(
        source="in_force_number", allow_null=True, help_text="Its number; null when nothing is in force."
    )
    open_version = serializers.IntegerField(
        source="open_number", allow_null=True, help_text="The number of the draft or of the version that waits; null without one."
    )


class ApprovalOutput(serializers.Serializer):
    """A decision: who decided on what, when, with which words."""

    decision = serializers.ChoiceField(choices=Approval.Decision.choices)
    decided_by = serializers.CharField()
    decided_at = Moment()
    requested_by = serializers.CharField()
    reason = serializers.CharField()
    content_sha256 = serializers.CharField()


class VersionLineOutput(serializers.Serializer):
    """A version without its content."""

    number = serializers.IntegerField()
    state = serializers.CharField(help_text="draft, submitted, approved or discarded.")
    phase = serializers.SerializerMethodField()
    change_reason = serializers.CharField()
    effective_from = Moment(allow_null=True)
    author = serializers.CharField()
    created_at = Moment()
    submitted_by = serializers.SerializerMethodField()
    submitted_at = Moment(allow_null=True)
    approved_at = Moment(allow_null=True)
    effective_until = Moment(allow_null=True, help_text="When it ends by itself; only for what was published at once.")
    approvals_needed = serializers.IntegerField(help_text="How many people have to approve it; counts from its submission.")
    approvals_missing = serializers.SerializerMethodField(help_text="How many of them still have to; 0 unless it waits.")
    content_sha256 = serializers.CharField(help_text="Of the frozen content; empty for a draft.")
    warnings_accepted = serializers.CharField(help_text="Why it was submitted in spite of warnings; empty when there were none.")
    approvals = ApprovalOutput(many=True)

    @extend_schema_field(serializers.ChoiceField(choices=[phase.value for phase in Phase]))
    def get_phase(self, version: PolicyVersion) -> str:
        return phase_beside(version, self.context["in_force"], self.context["now"]).value

    @extend_schema_field(int)
    def get_approvals_missing(self, version: PolicyVersion) -> int:
        return approvals_missing(version) if version.state == VersionState.SUBMITTED.value else 0

    @extend_schema_field({"type": "string", "nullable": True})
    def get_submitted_by(self, version: PolicyVersion) -> str | None:
        return str(version.submitted_by) if version.submitted_by else None


class VersionDetailOutput(VersionLineOutput):
    """A version with its content: frozen, or as it stands in a draft."""

    content = serializers.SerializerMethodField()

    @extend_schema_field(ContentOutput)
    def get_content(self, version: PolicyVersion) -> Any:
        return readable_content(version)


class SubmitInput(StrictSerializer):
    """What the approver should know beyond the reason for the change, and why warnings of the checks are accepted."""

    reason = Text(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)
    accepted = Text(required=False, default="", allow_blank=True, max_length=LONGEST_REASON, help_text="Needed when the checks warn.")


class SendBackInput(StrictSerializer):
    """What has to change."""

    reason = Text(max_length=LONGEST_REASON)


class ApproveInput(StrictSerializer):
    """Why it is agreed, and the hash of what was read, so that nothing else can be approved by it."""

    reason = Text(max_length=LONGEST_REASON)
    content_sha256 = Text(required=False, default="", max_length=64)
