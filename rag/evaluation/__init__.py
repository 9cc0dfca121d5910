"""How good the answers are, and whether a change helped: `from rag.evaluation import evaluate, compare`."""

from rag.evaluation.compare import Comparison, compare
from rag.evaluation.evaluate import Evaluation, evaluate

__all__ = ["Comparison", "Evaluation", "compare", "evaluate"]
