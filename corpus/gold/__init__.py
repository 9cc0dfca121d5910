"""Gold questions, and the formats they come in: the project's own, SQuAD's and BEIR's."""

from __future__ import annotations

from pathlib import Path

from corpus.gold.beir import load_beir, write_beir_articles
from corpus.gold.jsonl import load_jsonl
from corpus.gold.question import GoldQuestion, GoldQuote, locate
from corpus.gold.squad import load_squad

__all__ = ["GoldQuestion", "GoldQuote", "load_beir", "load_gold", "locate", "write_beir_articles"]


def load_gold(path: Path) -> list[GoldQuestion]:
    """The questions of a file: SQuAD's if its name ends in `.json`, otherwise one object a line (see `load_jsonl`).

    Raises:
        PathNotFound: there is no such file.
        BadGoldFile: the file is not what its format wants; the error says where and why.
    """
    return load_squad(path) if path.suffix.lower() == ".json" else load_jsonl(path)
