"""Conformance: checks of what every part must do, for textclf's own parts and for parts from outside."""
