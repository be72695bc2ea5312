"""Conformance: checks that every part must pass, textclf's own parts and parts from outside."""
