"""What was added to a file after one signature (signing 4.4, rule 5, first version).

The library compares the updates with the signed revision. Its levels do not tell a later
signature from a changed form value, so the fields it names are held against the fields that
were signed later: anything else is a change of the form, and that does not pass.
"""

from __future__ import annotations

from collections.abc import Collection

from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel

from gateway.model.signature import ChangesEvidence
from gateway.signing.untyped import Untyped

NO_CHANGES_ALLOWED = 1  # DocMDP permission level of a certifying signature


def changes_after(
    reader: Untyped,
    revision: int,
    later_signed: Collection[str],
    permission: int | None,
) -> ChangesEvidence:
    """Return what the updates behind ``revision`` changed.

    Args:
        reader: The opened file.
        revision: Index of the signed revision, 0 is the oldest.
        later_signed: Names of signature fields that were signed in a later revision.
        permission: DocMDP level of the certifying signature, when there is one.

    """
    if revision == reader.xrefs.total_revisions - 1:
        return ChangesEvidence(kind="none")
    result = DEFAULT_DIFF_POLICY.review_file(reader, revision)
    if not isinstance(result, DiffResult):
        return ChangesEvidence(kind="other", cause="not one of the allowed updates")
    level = result.modification_level
    if level > ModificationLevel.FORM_FILLING:  # not given by today's rules; never let it pass
        return ChangesEvidence(kind="other", cause="annotations")
    if level == ModificationLevel.NONE:
        return ChangesEvidence(kind="none")
    if result.changed_form_fields - set(later_signed):
        return ChangesEvidence(kind="form", cause="form values or fields")
    forbidden = permission == NO_CHANGES_ALLOWED and level > ModificationLevel.LTA_UPDATES
    return ChangesEvidence(kind="signatures", is_forbidden=forbidden)
