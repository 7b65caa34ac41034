"""``python -m gateway`` is ``edoc-gateway``."""

from gateway.service.cli import main

main()
