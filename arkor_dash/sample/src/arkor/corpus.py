"""The text of Python's reference manual, which every Python installation contains."""

from __future__ import annotations

from dataclasses import dataclass
from pydoc_data import topics

import numpy as np
from numpy.typing import NDArray

HELD_OUT_EVERY = 10
"""Every tenth topic, in alphabetical order, is held out for evaluation."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Character indices of the two splits, each of shape (n,), and the characters that they index."""

    characters: str
    train: NDArray[np.int64]
    held_out: NDArray[np.int64]


def load_corpus() -> Corpus:
    texts = [topics.topics[name] for name in sorted(topics.topics)]
    characters = "".join(sorted(set("".join(texts))))
    index = {character: position for position, character in enumerate(characters)}

    def encoded(chosen: list[str]) -> NDArray[np.int64]:
        return np.array([index[character] for character in "\n".join(chosen)], dtype=np.int64)

    held_out = texts[::HELD_OUT_EVERY]
    train = [text for position, text in enumerate(texts) if position % HELD_OUT_EVERY]
    return Corpus(characters, encoded(train), encoded(held_out))


def windows(
    text: NDArray[np.int64], ends: NDArray[np.int64], context: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The `context` characters before each of `ends`, shape (n, context), and those at `ends`, shape (n,)."""
    return text[ends[:, None] + np.arange(-context, 0)], text[ends]
