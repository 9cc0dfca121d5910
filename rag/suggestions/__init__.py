"""Questions made of the articles' own sentences: `suggest` after an answer, `starters` to begin with."""

from rag.suggestions.starting import starters
from rag.suggestions.suggesting import suggest

__all__ = ["starters", "suggest"]
