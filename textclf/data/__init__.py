"""Data: from files to rows, from rows to splits, from texts to batches of token ids."""
