"""Passages reranked by a cross-encoder, for those who have one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from rag.question import Question
from rag.reading import Reading

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReranker:
    """Reads question and passage together (Nogueira and Cho 2019, arXiv:1901.04085).

    Args:
        model: a sentence-transformers cross-encoder with one output.
    """

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model

    @classmethod
    def load(cls, name: str) -> CrossEncoderReranker:
        """The cross-encoder of a name or a folder; ModelError where there is none."""
        from sentence_transformers import CrossEncoder  # seconds, and only for those who name one

        try:
            model = CrossEncoder(name)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the reranker {name} cannot be loaded: name a cross-encoder that is on this machine or can be "
                "downloaded, or leave the setting empty"
            ) from error
        if model.num_labels != 1:
            raise ModelError(
                f"the reranker {name} gives {model.num_labels} scores: name a cross-encoder that gives one"
            )
        return cls(model)

    def scores(self, question: Question, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """See `Reranker.scores`."""
        if not readings:
            return np.zeros(0)
        pairs = [(question.standalone, reading.hit.passage.text) for reading in readings]
        from torch.nn import Sigmoid

        # Many a model gives any number; the order of those in [0, 1] is the same.
        scores = self._model.predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False)
        return np.asarray(scores, dtype=np.float64)
