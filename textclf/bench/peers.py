"""Peers: other implementations of the same models, run as scripts that read a task and print their measurements."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from textclf.bench.measurement import MODELS, name_of
from textclf.config import RunConfig
from textclf.data.splits import Splits
from textclf.errors import TrainingError

ENVIRONMENT = Path(".venv-peers/bin/python")  # `make bench` installs experiments/peers/requirements.txt there
NEEDS_ENVIRONMENT = {"keras": "keras_peer.py", "flair": "flair_peer.py"}
TUTORIAL = "tutorial.py"
TASK_SETTINGS = ("embedding_dim", "hidden_dim", "dropout", "max_tokens", "epochs", "batch_size", "learning_rate")


@dataclass(frozen=True)
class Peer:
    """A script and the Python that runs it."""

    name: str
    script: Path
    python: str

    def measure(self, task: dict[str, Any]) -> dict[str, Any]:
        """Run the script on ``task``, and return the measurements that it prints.

        Raises
        ------
        TrainingError
            If the script fails; the message ends in the last line that it printed.
        """
        process = subprocess.run(
            [self.python, str(self.script)], input=json.dumps(task), capture_output=True, text=True, check=False
        )
        if process.returncode:
            last_line = (process.stderr.strip() or f"exit status {process.returncode}").splitlines()[-1]
            raise TrainingError(f"{self.script}: {last_line}")
        return json.loads(process.stdout)


def find_peers(folder: Path) -> dict[str, Peer]:
    """The peers that can run here, by name: the tutorial loop needs only torch, the others need `ENVIRONMENT`."""
    peers = {}
    if (folder / TUTORIAL).exists():
        peers["tutorial"] = Peer("tutorial", folder / TUTORIAL, sys.executable)
    for name, script in NEEDS_ENVIRONMENT.items():
        if (folder / script).exists() and ENVIRONMENT.exists():
            peers[name] = Peer(name, folder / script, str(ENVIRONMENT))
    return peers


def task_of(folder: str, config: RunConfig, steps: int | None = None, seed: int = 1, **more: Any) -> dict[str, Any]:
    """The task of a peer: train the model of ``config`` on the splits in ``folder``, on all cores.

    Parameters
    ----------
    folder : str
        Where `write_splits` wrote the splits.
    config : RunConfig
    steps : int, optional
        Batches per epoch; by default all.
    seed : int
    **more
        Further keys of the task.
    """
    from textclf.training.processor import cores

    settings = {name: getattr(config.settings, name) for name in TASK_SETTINGS}
    parts = {key: value for key, value in config.flat().items() if key in {"encoder", "pooling", "variant"}}
    model = name_of(next(model for model in MODELS if model.items() <= parts.items()))
    task = {"data": folder, "model": model, "settings": settings, "seed": seed, "threads": cores()}
    return task | ({} if steps is None else {"steps": steps}) | more


def write_splits(splits: Splits, folder: Path) -> None:
    """Write the splits to Parquet files, which a peer reads."""
    for name in ("train", "validation", "test"):
        examples = getattr(splits, name)
        frame = pd.DataFrame({"text": list(examples.texts), "label": list(examples.labels or ())})
        frame.to_parquet(folder / f"{name}.parquet", index=False)
