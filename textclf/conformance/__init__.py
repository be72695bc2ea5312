"""Conformance: checks that every part must pass, whether textclf or a plug-in defines it."""
