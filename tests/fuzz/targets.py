"""All that is fuzzed, by name."""

from tests.fuzz import asking, parsing, reading, replying, splitting, storing
from tests.fuzz.target import TARGETS, Target

__all__ = ["TARGETS", "Target", "asking", "parsing", "reading", "replying", "splitting", "storing"]
