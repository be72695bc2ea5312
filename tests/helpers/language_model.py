"""A tiny language model with random weights, in the format of transformers, for tests without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    "a",
    "the",
    "good",
    "bad",
    "film",
    "plot",
    "actor",
    "scene",
    "story",
    "end",
    "number",
    "act",
    "see",
    "great",
    "not",
]
DIGITS = list(map(str, range(10)))
ENDS = ["##s", "##ing", "##or", "##ed", *map("##{}".format, DIGITS)]
PIECES = [*SPECIAL, *WORDS, ".", ",", "!", *DIGITS, *ENDS]
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 32,
}


def tiny_tokenizer() -> Tokenizer:
    """Return a tokenizer with the rules of BERT; a word without pieces is ``[UNK]``."""
    ids = {piece: number for number, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def tiny_language_model(folder: Path, **changes: Any) -> Path:
    """Write a random BERT to ``folder``; ``changes`` replace values of its configuration.

    Its standard deviation of 0.5, instead of 0.02, makes the states of different words differ clearly.
    """
    from transformers import BertConfig, BertModel

    config = BertConfig(**{"vocab_size": len(PIECES), "initializer_range": 0.5} | SIZES | changes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weights = BertModel(config).state_dict()
    config.save_pretrained(folder)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    return folder
