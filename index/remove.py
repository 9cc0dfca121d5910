"""Articles are taken out of an index here; their files stay where they are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from corpus.errors import ArticleNotFound, IndexNotFound, LastArticle
from index import store
from index.generation import open_segments, sources_of, write_generation


def remove(article_ids: Collection[str], folder: Path) -> list[str]:
    """Take articles out of the index in a folder and give their ids, sorted; nothing is embedded.

    Updates leave their files out from then on, until one is named itself or the index is made anew.

    Raises:
        ArticleNotFound: the index holds no article of that id, and all stay.
        LastArticle: nothing would be left.
        IndexNotFound, IndexLocked, IndexDamaged, IndexMismatch: see `index.store`.
    """
    # The lock would make the folder.
    if not store.exists(folder):
        raise IndexNotFound(folder)
    with store.writing(folder):
        base = store.current(folder)
        store.verify(folder, base)
        live, gone = sources_of(open_segments(folder, base)), set(article_ids)
        if unknown := sorted(gone - live.keys()):
            raise ArticleNotFound(folder, tuple(unknown))
        if gone == live.keys():
            raise LastArticle(folder)
        if gone:
            files = sorted(str(live[name].path) for name in gone)
            roots = [root for root in base.roots if root not in files]
            excluded = list(dict.fromkeys([*base.excluded, *files]))
            write_generation(folder, base, [], gone, base.recipe, roots, excluded)
    return sorted(gone)
