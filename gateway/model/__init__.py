"""Words: frozen dataclasses and enums only, no behaviour beyond reading themselves."""
