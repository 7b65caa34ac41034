"""The database and the payload files."""
