"""Experiments: a YAML file -> runs -> processes -> an append-only store."""
