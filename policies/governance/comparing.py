"""Any two versions of a policy beside each other."""

from policies.decisions.frozen import snapshot_from

from .differences import differences
from .models import PolicyVersion
from .snapshots import readable_content


def between(before: PolicyVersion, after: PolicyVersion) -> list[str]:
    """Sentences that say what `after` changes of `before`, as both stand; empty when they say the same.

    Raises WrongState for frozen content that does not have its hash.
    """
    return differences(snapshot_from(readable_content(before)), snapshot_from(readable_content(after)))
