"""The library page: the articles, adding to them, removing them, and the one that is open to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from corpus.errors import RagError
from ui.door.accounts import Account, account_of
from ui.librarian import Change, Librarian
from ui.pages.parts import QUIETLY, UNREACHABLE, html_part
from ui.render import article as articles
from ui.render import library as render
from ui.serving.metrics import Metrics
from ui.serving.trouble import told
from ui.working import Done, steps

if TYPE_CHECKING:
    from index.build import Progress

BROKEN_OFF = "The change broke off: the list shows what is there now, and the terminal of the server says why."


class Shown(NamedTuple):
    """What an event changes on the page; what is `gr.skip()` stays as it is."""

    head: Any
    drop: Any
    news: Any  # how far a change is, or what it did
    listing: Any


class LibraryDesk:
    """What the library page does with the articles."""

    def __init__(self, librarian: Librarian, metrics: Metrics | None = None) -> None:
        self._librarian = librarian
        self._metrics = metrics or Metrics()

    def show(self, account: Account, search: str = "", offset: int = 0, news: Any = "") -> Shown:
        """The page as the index is now, to an account."""
        librarian, read_only = self._librarian, not account.is_editor
        wrong = librarian.trouble()
        box = render.trouble(wrong, read_only=read_only) if wrong else ""
        drop = gr.File(value=None, visible=not (wrong or read_only))
        try:
            line = render.summary(librarian.chatbot().index.manifest)
        except RagError:
            return Shown(box, drop, news, "")
        return Shown(line + box, drop, news, self._listing(account, search, offset))

    def land(self, search: str, request: gr.Request) -> Shown:
        """The page when it is come to; what was said of the last change stays."""
        return self.show(account_of(request), search, news=gr.skip())

    def listing(self, search: str, request: gr.Request) -> str:
        """The articles that a search finds."""
        return self._listing(account_of(request), search)

    def _listing(self, account: Account, search: str, offset: int = 0) -> str:
        """The articles that a search finds, from the `offset`-th on."""
        librarian = self._librarian
        try:
            index = librarian.chatbot().index
            found = index.catalogue(search, offset, render.PAGE)
            if offset and not found.entries:
                offset = max(0, found.total - 1) // render.PAGE * render.PAGE
                found = index.catalogue(search, offset, render.PAGE)
        except RagError:
            return ""
        uploaded = {entry.id for entry in found.entries if librarian.uploads.holds(entry.path)}
        return render.listing(found, search, offset, uploaded, read_only=not account.is_editor)

    def turn(self, search: str, event: gr.EventData, request: gr.Request) -> str:
        """Another part of the list."""
        return self._listing(account_of(request), search, max(0, int(event.offset)))

    def add(self, files: Sequence[str] | None, search: str, request: gr.Request) -> Iterator[Shown]:
        """Take up uploaded files."""
        sent = [Path(file) for file in files or ()]
        yield from self._changed(account_of(request), lambda tell: self._librarian.add(sent, tell), search)

    def retry(self, search: str, request: gr.Request) -> Iterator[Shown]:
        """Take up what was uploaded and could not be indexed."""
        yield from self._changed(account_of(request), lambda tell: self._librarian.add((), tell), search)

    def rebuild(self, search: str, request: gr.Request) -> Iterator[Shown]:
        """Make the index anew."""
        yield from self._changed(account_of(request), self._librarian.rebuild, search)

    def remove(self, search: str, event: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        """Take an article out of the index."""
        article_id, offset = str(event.article), max(0, int(event.offset))
        removing = partial(self._librarian.remove, article_id)
        yield from self._changed(account_of(request), removing, search, offset)

    def read(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """An article to be read."""
        try:
            return articles.evidence(self._librarian.chatbot().index.article(str(wanted.get("article"))), None)
        except KeyError:
            return articles.no_evidence("This article is no longer in the index.")
        except RagError as error:
            return articles.no_evidence(told(error, account_of(request).name))

    def _changed(
        self, account: Account, work: Callable[[Progress], Change], search: str, offset: int = 0
    ) -> Iterator[Shown]:
        """How far a change is, and at last the page after it."""
        if not account.is_editor:
            yield self.show(account, search, offset, render.failure(account.refusal))
            return
        news = ""
        try:
            for step in steps(work):
                if isinstance(step, Done):
                    self._metrics.changed(step.value.error)
                    news = render.change(step.value)
                else:
                    yield Shown(gr.skip(), gr.skip(), render.progress(step), gr.skip())
        except (RagError, OSError) as error:
            self._metrics.changed(error)
            news = render.failure(str(error))
        except Exception as error:
            self._metrics.changed(error)
            yield self.show(account, search, offset, render.failure(BROKEN_OFF))
            raise
        yield self.show(account, search, offset, news)


def library_page(tab: gr.Tab, desk: LibraryDesk) -> None:
    """Lay the page out inside a tab; it is filled in when that is opened."""
    with gr.Row(elem_id="shelf"):
        with gr.Column(elem_id="stock"):
            head = gr.HTML("", elem_id="library-head", apply_default_css=False)
            drop = gr.File(file_count="multiple", label="Add articles", show_label=False, elem_id="drop", visible=False)
            news = gr.HTML("", elem_id="library-news", apply_default_css=False)
            search = gr.Textbox(
                "",
                elem_id="library-search",
                label="Search the articles",
                show_label=False,
                container=False,
                placeholder="Search by title, source or name",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="search"),
            )
            listing = html_part("library")
        html_part("reader", "", desk.read, unreachable=articles.no_evidence(UNREACHABLE))
    shown = [head, drop, news, listing]
    # While one search is under way only the last of those typed meanwhile is kept.
    # Its `input` event is for keys alone, and is silent about what is pasted or deleted.
    search.change(desk.listing, search, listing, queue=False, trigger_mode="always_last", **QUIETLY)
    listing.turn(desk.turn, search, listing, queue=False, **QUIETLY)
    # Each upload has its turn, even where another is under way.
    drop.upload(desk.add, [drop, search], shown, trigger_mode="multiple", **QUIETLY)
    listing.retry(desk.retry, search, shown, **QUIETLY)
    listing.rebuild(desk.rebuild, search, shown, **QUIETLY)
    listing.remove(desk.remove, search, shown, **QUIETLY)
    tab.select(desk.land, search, shown, queue=False, **QUIETLY)
