"""Evaluation: metrics and statistics (pure functions of arrays), and efficiency."""
