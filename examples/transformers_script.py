"""The Hugging Face `Trainer` reports to a dashboard that runs on this machine.

    pip install transformers torch accelerate
    python examples/transformers_script.py

Trains a two-layer GPT-2 from scratch on the bytes of the Zen of Python, so nothing is downloaded.
For TRL's trainers, pass the same callback to `SFTTrainer(..., callbacks=[ArkorCallback(run)])`.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import io

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

from arkor_dash.sdk import init
from arkor_dash.sdk.transformers import ArkorCallback

CONTEXT = 32


def zen() -> list[int]:
    """The Zen of Python as bytes. Importing `this` prints it, so the output is discarded."""
    with contextlib.redirect_stdout(io.StringIO()):
        import this  # noqa: PLC0415
    return list(codecs.decode(this.s, "rot13").encode())


def windows(ids: list[int]) -> list[dict[str, torch.Tensor]]:
    """All windows of `CONTEXT` tokens, as inputs and labels."""
    pieces = [torch.tensor(ids[at : at + CONTEXT]) for at in range(len(ids) - CONTEXT)]
    return [{"input_ids": piece, "labels": piece} for piece in pieces]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=300)
    options.add_argument("--output-dir", default="gpt2-zen")
    chosen = options.parse_args()
    set_seed(7)
    ids = zen()
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=256,
            n_positions=CONTEXT,
            n_embd=64,
            n_layer=2,
            n_head=2,
            bos_token_id=None,
            eos_token_id=None,
        )
    )
    arguments = TrainingArguments(
        output_dir=chosen.output_dir,
        max_steps=chosen.steps,
        per_device_train_batch_size=16,
        learning_rate=1e-3,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=max(1, chosen.steps // 6),
        save_steps=max(1, chosen.steps // 2),
        report_to="none",
    )
    config = {"model": "gpt2, 2 layers", "maxSteps": chosen.steps, "learningRate": 1e-3}
    with init(name="zen of python", config=config) as run:
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=windows(ids[:-200]),
            eval_dataset=windows(ids[-200:]),
            callbacks=[ArkorCallback(run)],
        )
        trainer.train()
        trainer.save_model()
        run.save_artifact(chosen.output_dir + "/model.safetensors")


if __name__ == "__main__":
    main()
