"""Two texts from the command line: run, save, predict."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def test_run_and_predict(tmp_path: Path, cli) -> None:
    words = ["rain", "snow", "wind", "sand", "salt", "mist"]
    rows = [
        {"text": f"we like {one}", "text_pair": f"so {other} it is", "label": "same" if one == other else "other"}
        for one in words
        for other in words
        for _ in range(3)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "pairs.csv", index=False)
    options = ["--epochs", 1, "--set", "hidden_dim=8", "--set", "variant=3", "--set", "overlap_features=true"]
    ran = cli("run", "--dataset", "pairs.csv", "--encoder", "abcnn", *options, "--save", "model", "--json")
    assert ran.returncode == 0, ran.stderr
    row = json.loads(ran.stdout)
    assert (row["model"], row["variant"], row["config"]["overlap_features"]) == ("abcnn-3-overlap", 3, True)

    predicted = cli("predict", "model", "we like rain", "so rain it is", "we like rain", "so mist it is")
    assert predicted.returncode == 0, predicted.stderr
    lines = [line.split("\t") for line in predicted.stdout.splitlines()]
    assert [line[2:] for line in lines] == [["we like rain", "so rain it is"], ["we like rain", "so mist it is"]]

    from_file = json.loads(cli("predict", "model", "--input", "pairs.csv", "--json").stdout)
    assert [(row["text"], row["text_pair"]) for row in from_file] == [(row["text"], row["text_pair"]) for row in rows]
    odd = cli("predict", "model", "we like rain")
    assert odd.returncode == 2
    assert "give texts two by two" in odd.stderr
