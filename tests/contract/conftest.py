"""The contract suite runs over both databases."""

from tests.support.databases import database_url, make_url_for, postgres

__all__ = ["database_url", "make_url_for", "postgres"]
