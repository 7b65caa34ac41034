"""The only code that knows edXML."""
