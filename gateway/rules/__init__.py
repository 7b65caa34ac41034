"""Rules of law and of the standard: one family a module, every function pure."""
