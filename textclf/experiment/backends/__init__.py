"""Backends: each has a function ``outcomes(work, jobs, …)`` that runs jobs and yields outcomes as they complete."""

BACKENDS = ("local", "ray")
