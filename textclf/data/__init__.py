"""Data: read files into examples, split the examples, turn texts into batches of token ids."""
