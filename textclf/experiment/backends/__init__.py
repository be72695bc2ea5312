"""Backends: ``outcomes(work, jobs, …)`` runs each job somewhere and yields what came of it, in order of completion."""

BACKENDS = ("local", "ray")
