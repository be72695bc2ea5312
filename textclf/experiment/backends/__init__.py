"""Backends: each has a function ``outcomes(work, jobs, …)`` that runs jobs and yields their outcomes as they end."""

BACKENDS = ("local", "ray")
