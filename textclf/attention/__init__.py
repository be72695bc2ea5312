"""Attention in three replaceable steps: score, normalise, read (`textclf.attention.attend`)."""
