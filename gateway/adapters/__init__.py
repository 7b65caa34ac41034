"""Outside: each partner is a pair, X_wire.py (pure) and X.py (the talking)."""
