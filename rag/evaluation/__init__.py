"""How good the answers are: `from rag.evaluation import evaluate`."""

from rag.evaluation.evaluate import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
