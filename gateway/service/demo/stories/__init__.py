"""One story a file, found by its ``STORY``."""
