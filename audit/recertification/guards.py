"""What the database refuses: a signed access review changes no more, and none disappears."""

from portal.foundation.database_guards import Guard

SIGNED = "A signed access review is never changed. The next one may decide otherwise."
STAYS = "An access review stays on record."
_OF_SIGNED = "EXISTS (SELECT 1 FROM audit_accesscampaign c WHERE c.id = {row}.campaign_id AND c.signed_at IS NOT NULL)"
_ANOTHER = "NEW.person_id <> OLD.person_id OR NEW.campaign_id <> OLD.campaign_id OR NEW.name <> OLD.name OR NEW.words <> OLD.words"

GUARDS = (
    Guard("audit_accesscampaign_signed", "audit_accesscampaign", "UPDATE", SIGNED, when="OLD.signed_at IS NOT NULL"),
    Guard("audit_accesscampaign_no_delete", "audit_accesscampaign", "DELETE", STAYS, truncate=True),
    Guard("audit_accessitem_signed", "audit_accessitem", "UPDATE", SIGNED, when=f"{_OF_SIGNED.format(row='OLD')} OR {_ANOTHER}"),
    Guard("audit_accessitem_not_later", "audit_accessitem", "INSERT", SIGNED, when=_OF_SIGNED.format(row="NEW")),
    Guard("audit_accessitem_no_delete", "audit_accessitem", "DELETE", STAYS, truncate=True),
)
