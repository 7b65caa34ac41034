"""The commands of edoc-gateway."""
