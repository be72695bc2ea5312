"""Attention in three replaceable steps: score, normalise, weighted sum (`textclf.attention.attend`)."""
