"""Slow imports, done once by the server process from which all workers are forked; no other module imports this."""

# ruff: noqa: E402, F401
from __future__ import annotations

import gc
import signal

# Before the imports: Ctrl-C reaches this process too, and the parent handles it.
signal.signal(signal.SIGINT, signal.SIG_IGN)

import sklearn.feature_extraction.text
import sklearn.linear_model
import torch

import textclf.encoders.abcnn
import textclf.encoders.attentive_cnn
import textclf.encoders.contextualisers.self_attention
import textclf.experiment.worker
from textclf.experiment.provenance import commit, machine, versions

for origin in (commit, machine, versions):  # computed here once; every worker inherits the cached values
    origin()
gc.freeze()  # a worker's garbage collector does not touch the modules, so that all workers share their memory
