"""An envelope as JSON and back: the form of ``envelope show --json`` and of the store (contract).

Member names are the wire's; absent elements are absent; a date nobody could read stands as its
text under ``<Name>Raw``. ``envelope_from_json(envelope_to_json(x)) == x`` for every ``x`` that
the reader makes. Warnings carry more members here than ``show`` prints.
"""

from __future__ import annotations

from gateway.envelope.json_read import envelope_from_json
from gateway.envelope.json_write import KINDS, STATUS_KIND, Json, envelope_to_json, kind_of

__all__ = ["KINDS", "STATUS_KIND", "Json", "envelope_from_json", "envelope_to_json", "kind_of"]
