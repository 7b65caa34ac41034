"""The versions of the tables, one after the other; there is one head and no branch."""

HEAD = "0001"
"""The version this program works with; a test compares it with the newest revision."""
