"""PDF signatures: examined, judged, applied."""
