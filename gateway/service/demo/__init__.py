"""The demonstration: the gateway's own parts, on a simulated clock, with partners behind the wire.

``stage.py`` sets the scene, each file in ``stories/`` tells one story, ``report.py`` shows what
is there to see. Nothing here decides anything: every step asks the running parts what happened.
"""
