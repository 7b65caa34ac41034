"""Partners behind the wire, for the demonstration and for tests."""
