"""Articles are taken out of an index here; their files stay where they are."""

from __future__ import annotations

from collections.abc import Collection

from corpus.errors import ArticleNotFound, IndexNotFound, LastArticle
from index.location import Location
from index.store import store_at


def remove(article_ids: Collection[str], location: Location) -> list[str]:
    """Take articles out of the index at a location and give their ids, sorted; nothing is embedded.

    Updates leave their files out from then on, until one is named itself or the index is made anew.

    Raises:
        ArticleNotFound: the index holds no article of that id, and all stay.
        LastArticle: nothing would be left.
        IndexNotFound, IndexLocked, IndexDamaged, IndexMismatch: see `index.store`.
    """
    store = store_at(location)
    # The lock would make the folder.
    if not store.exists():
        raise IndexNotFound(location)
    with store.writing():
        base, live, gone = store.current(), store.sources(), set(article_ids)
        if unknown := sorted(gone - live.keys()):
            raise ArticleNotFound(location, tuple(unknown))
        if gone == live.keys():
            raise LastArticle(location)
        if gone:
            files = sorted(str(live[name].path) for name in gone)
            roots = [root for root in base.roots if root not in files]
            excluded = list(dict.fromkeys([*base.excluded, *files]))
            store.draft(base, {}, base.recipe).put_in_force(gone, roots, excluded)
    return sorted(gone)
