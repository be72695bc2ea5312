"""Others that are measured beside: scripts that read a task and print what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from textclf.data.splits import Splits
from textclf.errors import TrainingError

ENVIRONMENT = Path(".venv-peers/bin/python")  # what `make bench` installs experiments/peers/requirements.txt into
NEEDS_ENVIRONMENT = {"keras": "keras_peer.py", "flair": "flair_peer.py"}
TUTORIAL = "tutorial.py"


@dataclass(frozen=True)
class Peer:
    """A script and the Python that runs it."""

    name: str
    script: Path
    python: str

    def measure(self, task: dict[str, Any]) -> dict[str, Any]:
        """What it answers to ``task``.

        Raises
        ------
        TrainingError
            With the last line that it printed, if it fails.
        """
        done = subprocess.run(
            [self.python, str(self.script)], input=json.dumps(task), capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
            raise TrainingError(f"{self.script}: {said}")
        return json.loads(done.stdout)


def find_peers(folder: Path) -> dict[str, Peer]:
    """Those that can run here: the tutorial loop needs torch alone, the others an environment of their own."""
    found = {}
    if (folder / TUTORIAL).exists():
        found["tutorial"] = Peer("tutorial", folder / TUTORIAL, sys.executable)
    for name, script in NEEDS_ENVIRONMENT.items():
        if (folder / script).exists() and ENVIRONMENT.exists():
            found[name] = Peer(name, folder / script, str(ENVIRONMENT))
    return found


def write_splits(splits: Splits, folder: Path) -> None:
    """Write the splits as a peer reads them."""
    for name in ("train", "validation", "test"):
        examples = getattr(splits, name)
        frame = pd.DataFrame({"text": list(examples.texts), "label": list(examples.labels or ())})
        frame.to_parquet(folder / f"{name}.parquet", index=False)
