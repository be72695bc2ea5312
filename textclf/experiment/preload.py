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

commit(), machine(), versions()  # kept: every run's row holds them, and git takes longer than some runs' evaluation
gc.freeze()  # a run's garbage collector need not look at the modules, whose memory all runs share
