"""A character-level language model: the last characters in, the probabilities of the next character out.

The embeddings of the context are concatenated and go through two tanh layers, the second with a residual connection.
Source: Bengio et al., "A Neural Probabilistic Language Model" (2003), with Adam (Kingma and Ba, 2015).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Model:
    """The model. The optimizer changes `weights` in place. `context` is the number of characters the model sees."""

    characters: str
    context: int
    weights: dict[str, Array]

    def loss(self, contexts: Indices, targets: Indices) -> float:
        """Mean cross-entropy in nats per character. Shapes: `contexts` (n, context), `targets` (n,)."""
        return _cross_entropy(self._activations(contexts)[-1], targets)

    def loss_and_gradients(self, contexts: Indices, targets: Indices) -> tuple[float, dict[str, Array]]:
        """The loss of a batch, and its gradient with respect to each weight."""
        w = self.weights
        flat, first, residual, second, logits = self._activations(contexts)
        rows = np.arange(len(targets))
        d_logits = _softmax(logits)
        d_logits[rows, targets] -= 1
        d_logits /= len(targets)
        d_second = d_logits @ w["out"].T
        d_residual = d_second * (1 - residual**2)
        d_first = (d_second + d_residual @ w["hidden"].T) * (1 - first**2)
        d_flat = d_first @ w["in"].T
        d_embedding = np.zeros_like(w["embedding"])
        np.add.at(d_embedding, contexts.ravel(), d_flat.reshape(contexts.size, -1))
        gradients = {
            "embedding": d_embedding,
            "in": flat.T @ d_first,
            "in_bias": d_first.sum(axis=0),
            "hidden": first.T @ d_residual,
            "hidden_bias": d_residual.sum(axis=0),
            "out": second.T @ d_logits,
            "out_bias": d_logits.sum(axis=0),
        }
        return _cross_entropy(logits, targets), gradients

    def generate(self, prompt: str, length: int, rng: np.random.Generator, temperature: float = 0.7) -> str:
        """`prompt`, followed by `length` sampled characters. All characters of `prompt` must be in `characters`."""
        index = {character: position for position, character in enumerate(self.characters)}
        text = [index[character] for character in prompt.rjust(self.context)]
        for _ in range(length):
            logits = self._activations(np.array([text[-self.context :]]))[-1][0]
            probabilities = _softmax(logits[None].astype(np.float64) / temperature)[0]
            text.append(int(rng.choice(len(probabilities), p=probabilities)))
        return prompt + "".join(self.characters[position] for position in text[-length:])

    def save_weights(self, path: Path) -> None:
        np.savez(path, **self.weights)  # type: ignore[arg-type]  # NumPy's type stub confuses them with options

    def save_tokenizer(self, path: Path) -> None:
        path.write_text(json.dumps({"characters": self.characters, "context": self.context}), "utf-8")

    def _activations(self, contexts: Indices) -> tuple[Array, Array, Array, Array, Array]:
        w = self.weights
        flat = w["embedding"][contexts].reshape(len(contexts), -1)
        first = np.tanh(flat @ w["in"] + w["in_bias"])
        residual = np.tanh(first @ w["hidden"] + w["hidden_bias"])
        second = first + residual
        return flat, first, residual, second, second @ w["out"] + w["out_bias"]


def new_model(characters: str, *, context: int, embedding: int, hidden: int, seed: int) -> Model:
    """An untrained model. The random weights are scaled so that activations keep their variance across layers."""
    rng = np.random.default_rng(seed)

    def random_weights(rows: int, columns: int, gain: float = 1.0) -> Array:
        scaled: Array = (rng.standard_normal((rows, columns)) * gain / np.sqrt(rows)).astype(np.float32)
        return scaled

    count = len(characters)
    weights = {
        "embedding": rng.standard_normal((count, embedding)).astype(np.float32),
        "in": random_weights(context * embedding, hidden),
        "in_bias": np.zeros(hidden, np.float32),
        "hidden": random_weights(hidden, hidden),
        "hidden_bias": np.zeros(hidden, np.float32),
        "out": random_weights(hidden, count, gain=0.1),
        "out_bias": np.zeros(count, np.float32),
    }
    return Model(characters, context, weights)


def load_model(weights: Path, tokenizer: Path) -> Model:
    """The model in the files that `save_weights` and `save_tokenizer` wrote."""
    described = json.loads(tokenizer.read_text("utf-8"))
    with np.load(weights) as saved:
        return Model(
            described["characters"], described["context"], {name: saved[name] for name in saved.files}
        )


class Adam:
    """The Adam optimizer with decay rates 0.9 and 0.99. Updates the weights in place."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self._mean = {name: np.zeros_like(weight) for name, weight in weights.items()}
        self._square = {name: np.zeros_like(weight) for name, weight in weights.items()}
        self._steps = 0

    def step(self, gradients: dict[str, Array], learning_rate: float) -> None:
        self._steps += 1
        mean_scale, square_scale = 1 - 0.9**self._steps, 1 - 0.99**self._steps
        for name, gradient in gradients.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient**2 - square)
            self._weights[name] -= (
                learning_rate * (mean / mean_scale) / (np.sqrt(square / square_scale) + 1e-8)
            )


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    probabilities: NDArray[np.floating] = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def _cross_entropy(logits: Array, targets: Indices) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_sums - shifted[np.arange(len(targets)), targets]))
