"""The names in a run's folder, which the Studio creates and the SDK reports into.

runs/<job id>/
  output.log     what the run has printed; written by the Studio, for a script only if it sends it
  config.json    config values that replace the trainer's own; written by the Studio if a run has any
  cancel         exists once the run was asked to end; created by the Studio
  exit=CODE      exists once the trainer has ended, for a Studio that could not store this; created by the Studio
  token.sha256   hash of the token of a script that reports from outside; written by the Studio
  artifacts/     copies of checkpoints and artifacts; filled by the SDK
  spool.jsonl    events that are not delivered yet; written by the SDK
"""

from __future__ import annotations

OUTPUT = "output.log"
CONFIG = "config.json"
CANCEL = "cancel"
EXIT = "exit="
"""The beginning of the name, before the exit code of the trainer (negative: the signal that ended it)."""
TOKEN_HASH = "token.sha256"  # noqa: S105  # the name of a file
"""A script that finds the hash of its own token here sees the same file system as the Studio."""
ARTIFACTS = "artifacts"
SPOOL = "spool.jsonl"
