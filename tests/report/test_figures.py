"""Labels in a figure: near their points, and readable."""

from __future__ import annotations

import numpy as np
import pytest

from textclf.report.figures import FONT, HEIGHT, WIDTH, label_places


@pytest.mark.parametrize("seed", range(20))
def test_labels_cover_neither_points_nor_each_other(seed: int) -> None:
    generator = np.random.default_rng(seed)
    xs, ys = generator.uniform(10, WIDTH - 10, 11), generator.uniform(10, HEIGHT - 10, 11)
    xs[1:4], ys[1:4] = xs[0], ys[0] + [1, 2, 3]  # four models that are all but equal
    names = [f"{'lstm-attention'[: 4 + number]}" for number in range(11)]
    places = label_places(list(xs), list(ys), names)
    halves = [(len(name) * FONT * 0.25, FONT * 0.45) for name in names]
    for number, ((x, y), (wide, high)) in enumerate(zip(places, halves, strict=True)):
        assert abs(x - xs[number]) - wide < 40
        assert abs(y - ys[number]) < HEIGHT / 2
        assert not (np.all(np.abs([xs - x, ys - y]) < [[wide + 4], [high + 4]], axis=0)).any(), "a point is covered"
        for (other_x, other_y), (other_wide, other_high) in zip(places[:number], halves[:number], strict=True):
            assert abs(x - other_x) > wide + other_wide or abs(y - other_y) > high + other_high
