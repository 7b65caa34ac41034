"""edoc-gateway: between an agency's QLVB and the axes that carry official documents."""
