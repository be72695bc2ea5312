"""Batches: every text occurs once, padded to the longest text of its batch, with little padding."""

import itertools

import numpy as np
import pytest
import torch

from textclf.data.batching import Batches, DeviceTokens, rounded_up
from textclf.data.tokens import Tokens

TOKENS = Tokens(np.arange(1, 11, dtype=np.int32), np.array([0, 3, 4, 9, 10]))  # lengths 3, 1, 5, 1


def many(count=1009, seed=0):
    lengths = np.random.default_rng(seed).integers(1, 40, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Tokens(np.arange(1, offsets[-1] + 1, dtype=np.int32), offsets)


def padded(rows):
    return DeviceTokens(TOKENS, torch.device("cpu")).padded(np.array(rows), torch.tensor(rows))


def draw(batches, seed=0):
    return list(batches.epoch(torch.Generator().manual_seed(seed)))


def test_texts_are_padded_to_the_longest_among_them():
    ids, mask, *_ = padded([3, 0])
    assert ids.tolist() == [[10, 0, 0], [1, 2, 3]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]
    assert (ids.dtype, mask.dtype) == (torch.int64, torch.bool)


def test_a_batch_of_one_text_has_no_padding():
    ids, mask, *_ = padded([2])
    assert ids.tolist() == [[5, 6, 7, 8, 9]]
    assert mask.all()


def test_lengths_and_number_of_texts():
    assert (len(TOKENS), TOKENS.lengths.tolist()) == (4, [3, 1, 5, 1])


def test_in_order_yields_the_shortest_texts_first_with_their_positions():
    labels = np.array([7, 8, 9, 10])
    first, second = Batches(TOKENS, labels, batch_size=3).in_order()
    assert first.rows.tolist() == [1, 3, 0]
    assert first.text.tokens.tolist() == [[4, 0, 0], [10, 0, 0], [1, 2, 3]]
    assert first.labels.tolist() == [8, 10, 7]
    assert (first.words, second.words) == (5, 5)
    assert second.rows.tolist() == [2]


def test_without_labels_a_batch_has_no_labels():
    (batch,) = Batches(TOKENS, None, batch_size=4).in_order()
    assert batch.labels is None


def test_batches_are_made_on_the_device_of_the_model():
    first, second = Batches(TOKENS, np.arange(4), batch_size=2, pairs=TOKENS, device="meta").in_order()
    parts = [part for batch in (first, second) for part in (*batch.text[:2], *batch.pair[:2], batch.labels)]
    assert {part.device.type for part in parts} == {"meta"}
    assert (first.rows.tolist(), first.words, second.text.tokens.shape) == ([1, 3], 4, (2, 5))


@pytest.mark.parametrize("batching", ["buckets", "shuffled"])
@pytest.mark.parametrize("count", [1, 13, 14, 1009])
def test_an_epoch_holds_every_text_once_with_its_own_tokens_and_label(batching, count):
    tokens, labels = many(count), np.arange(count) * 10
    batches = draw(Batches(tokens, labels, batch_size=13, batching=batching))
    rows = np.concatenate([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(count))
    assert sum(batch.words for batch in batches) == tokens.offsets[-1]
    for batch in batches:
        assert len(batch.rows) <= 13
        assert batch.labels.tolist() == labels[batch.rows].tolist()
        for row, ids, mask in zip(batch.rows, batch.text.tokens.numpy(), batch.text.mask.numpy(), strict=True):
            assert ids[mask].tolist() == tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]].tolist()
            assert not ids[~mask].any()


@pytest.mark.parametrize("batching", ["buckets", "shuffled"])
def test_the_order_depends_on_the_generator_only(batching):
    batches = Batches(many(), None, batch_size=13, batching=batching)
    first, again, other = (np.concatenate([batch.rows for batch in draw(batches, seed)]) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_one_generator_gives_each_epoch_its_own_order():
    generator, batches = torch.Generator().manual_seed(0), Batches(many(), None, batch_size=13)
    first, second = (np.concatenate([batch.rows for batch in batches.epoch(generator)]) for _ in range(2))
    assert first.tolist() != second.tolist()


def test_the_global_random_state_does_not_change():
    before = torch.get_rng_state()
    draw(Batches(many(), None, batch_size=13))
    assert torch.equal(torch.get_rng_state(), before)


def test_bucketed_batches_have_far_less_padding_than_shuffled_ones():
    def padding(batching):
        batches = draw(Batches(many(), None, batch_size=13, batching=batching))
        return 1 - sum(batch.words for batch in batches) / sum(batch.text.tokens.numel() for batch in batches)

    assert 0.05 < padding("buckets") < 0.07 < 0.4 < padding("shuffled")


def repeated_pairs(batching):
    """Return the fraction of pairs of texts in the same batch that share a batch again in the next epoch."""
    generator, batches = torch.Generator().manual_seed(0), Batches(many(), None, batch_size=13, batching=batching)
    epochs = [{frozenset(batch.rows.tolist()) for batch in batches.epoch(generator)} for _ in range(6)]
    pairs = [{pair for rows in epoch for pair in itertools.combinations(sorted(rows), 2)} for epoch in epochs]
    return np.mean([len(one & other) / len(one) for one, other in itertools.pairwise(pairs)])


def test_few_pairs_of_texts_share_a_batch_again_in_the_next_epoch():
    """If texts are sorted by length alone, with ties in random order, 34 % of the pairs share a batch again."""
    assert 0.08 < repeated_pairs("buckets") < 0.14
    assert 0.008 < repeated_pairs("shuffled") < 0.016, "by chance, 12 of 1,008 other texts"


def test_bucketed_batches_are_not_sorted_by_length():
    batches = draw(Batches(many(13 * 50), None, batch_size=13))
    lengths = [batch.text.tokens.shape[1] for batch in batches]
    assert lengths != sorted(lengths)
    assert len(batches) == 50


def test_no_texts_make_no_batches():
    nothing = Batches(Tokens(np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64)), None, batch_size=5)
    assert draw(nothing) == list(nothing.in_order()) == []


def test_lengths_are_rounded_up_by_at_most_a_sixteenth_to_few_values() -> None:
    lengths = range(1, 2000)
    rounded = [rounded_up(length) for length in lengths]
    assert all(length <= longer <= length * (1 + 1 / 16) for length, longer in zip(lengths, rounded, strict=True))
    assert rounded[:31] == list(range(1, 32)), "short lengths are not rounded up"
    assert len(set(rounded)) < 130


def test_no_batch_is_longer_than_the_longest_text() -> None:
    """Learned positions and ABCNN's matrices have rows for ``max_tokens`` words only."""
    offsets = np.cumsum([0, 390, 3, 389])
    tokens = Tokens(np.ones(offsets[-1], dtype=np.int32), offsets)
    assert [batch.text.tokens.shape for batch in Batches(tokens, None, batch_size=2).in_order()] == [(2, 390), (1, 390)]
