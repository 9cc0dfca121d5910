"""Questions worth asking next, made of the articles' own sentences: `from rag.suggestions import suggest`."""

from rag.suggestions.suggesting import suggest

__all__ = ["suggest"]
