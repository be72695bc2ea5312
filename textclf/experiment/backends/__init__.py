"""Backends: ``outcomes(jobs, …)`` runs each job somewhere and yields what came of it, in order of completion."""
