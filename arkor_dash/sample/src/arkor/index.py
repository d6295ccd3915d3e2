"""Trains a small language model, character by character, on Python's own reference manual.

About a minute on one core. `ARKOR_SAMPLE_STEPS` makes it shorter or longer. What it saves loads again:

    from pathlib import Path
    from model import load_model
    model = load_model(Path("weights.npz"), Path("tokenizer.json"))
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

# Before NumPy is imported: one core is enough, and the dashboard needs the others.
for _library in ("OPENBLAS", "MKL", "OMP", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from corpus import load_corpus, windows  # type: ignore[import-not-found]  # noqa: E402  # lies beside
from model import Adam, Model, new_model  # type: ignore[import-not-found]  # noqa: E402

from arkor_dash.sdk import Run, create_arkor, create_trainer  # noqa: E402

CONFIG = {
    "model": "char-mlp (from scratch)",
    "datasetSource": {"type": "blob", "url": "pydoc_data.topics"},
    "maxSteps": int(os.environ.get("ARKOR_SAMPLE_STEPS", "1200")),
    "batchSize": 1024,
    "learningRate": 2e-3,
    "warmupSteps": 50,
    "evalSteps": 25,
    "saveSteps": 300,
    "contextLength": 24,
    "embeddingSize": 24,
    "hiddenSize": 512,
    "seed": 7,
}


def train(run: Run) -> None:
    config = run.config
    rng = np.random.default_rng(config["seed"])
    corpus = load_corpus()
    context, batch_size, steps = config["contextLength"], config["batchSize"], config["maxSteps"]
    model = new_model(
        corpus.characters,
        context=context,
        embedding=config["embeddingSize"],
        hidden=config["hiddenSize"],
        seed=config["seed"],
    )
    optimizer = Adam(model.weights)
    held_out_ends = np.random.default_rng(0).integers(context, len(corpus.held_out), 4096)
    held_out = windows(corpus.held_out, held_out_ends, context)
    folder = Path(os.environ.get("ARKOR_RUN_DIR", ".arkor")) / "work"
    folder.mkdir(parents=True, exist_ok=True)
    weights, tokenizer = folder / "weights.npz", folder / "tokenizer.json"
    print(f"{len(corpus.train):,} characters to train on, {len(corpus.held_out):,} held out", flush=True)

    for step in range(1, steps + 1):
        began = time.perf_counter()
        ends = rng.integers(context, len(corpus.train), batch_size)
        loss, gradients = model.loss_and_gradients(*windows(corpus.train, ends, context))
        rate = learning_rate(step, steps, config["learningRate"], config["warmupSteps"])
        optimizer.step(gradients, rate)
        elapsed_s = time.perf_counter() - began
        run.log(
            step,
            loss=loss,
            eval_loss=model.loss(*held_out) if step % config["evalSteps"] == 0 or step == steps else None,
            learning_rate=rate,
            epoch=step * batch_size / len(corpus.train),
            samples_per_second=batch_size / elapsed_s,
        )
        if step % config["saveSteps"] == 0 and step < steps:
            model.save_weights(weights)
            run.save_checkpoint(step, weights)
        if run.cancelled:
            break

    model.save_weights(weights)
    model.save_tokenizer(tokenizer)
    run.save_artifact(weights)
    run.save_artifact(tokenizer)
    print_sample(model, rng)


def learning_rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Up in a line during the warm-up, then down along half a cosine to a tenth of the peak."""
    if step < warmup:
        return peak * step / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * progress)))


def print_sample(model: Model, rng: np.random.Generator) -> None:
    print("What the model writes by now:", flush=True)
    for line in model.generate("The ", 300, rng).splitlines():
        print(f"  {line}", flush=True)


trainer = create_trainer(name="python-manual-chars", train=train, config=CONFIG)
arkor = create_arkor(trainer=trainer)
