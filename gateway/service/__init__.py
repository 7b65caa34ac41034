"""The shell: everything that acts, and the commands."""
