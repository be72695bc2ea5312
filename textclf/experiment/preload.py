"""What is slow to import. The forkserver imports this once, for every run after it; nobody else should."""

# ruff: noqa: E402, F401
from __future__ import annotations

import gc
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # first of all: Ctrl-C, which reaches this process too, is the parent's

import sklearn.feature_extraction.text
import sklearn.linear_model
import torch

import textclf.encoders.abcnn
import textclf.encoders.attentive_cnn
import textclf.encoders.contextualisers.self_attention
import textclf.experiment.worker
from textclf.experiment.provenance import commit, machine, versions

for origin in (commit, machine, versions):  # every row holds them; each is computed once and kept
    origin()
gc.freeze()  # the garbage collector of a run leaves the modules alone, so that all runs share their memory
