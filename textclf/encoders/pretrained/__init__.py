"""Pretrained language models as sources of word vectors."""
