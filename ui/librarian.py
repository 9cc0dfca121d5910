"""What readers do to the articles: adding, removing, making the index anew; one change at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from corpus.errors import IndexDamaged, IndexMismatch, IndexNotFound, ModelError, RagError, StoreError, UnreadableFile
from index.catalogue import Entry
from index.remove import remove
from index.store import store_at
from rag.current import CurrentChatbot
from rag.library import bundled_index, paths_of, update_index
from ui.uploads import Uploads

if TYPE_CHECKING:
    from index.build import Progress, Report

# Files and bytes that are taken up at once: more are better indexed from a folder, and nobody waits for them at a page.
_MOST_FILES, _MOST_BYTES = 1_000, 1_000_000_000
_TOO_MUCH = "is too much at once: upload at most 1,000 files and 1 GB, then the next"
_WAITING = "it comes into the index with the next try"
# By the error, what is wrong with an index, in words that name no path.
UNREADABLE = {
    IndexMismatch: "This index was written in a format that this version does not read.",
    IndexDamaged: "A file of this index is missing, or is not what was written.",
    ModelError: "A model that this index needs cannot be used.",
    IndexNotFound: "The index is no longer where it was.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: "added", "updated", "unchanged", "refused" for a reason, or "kept" for a next try.

    `article_id` is None where there is nothing to read in the index.
    """

    name: str
    result: str
    article_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did, in a sentence and by file, or the error that kept the index as it was."""

    said: str
    outcomes: tuple[Outcome, ...] = ()
    error: RagError | OSError | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the index should be made anew, in plain words, and the error where there is one.

    `paths` is what it is made anew from, and `gone` what it was made from and is no longer there; where nobody knows,
    there is neither, and `command` does it once the articles are named.
    """

    why: str
    error: str
    paths: tuple[Path, ...]
    gone: tuple[Path, ...]
    command: str


class Librarian:
    """Changes the index under a chatbot; safe to share between threads."""

    def __init__(self, chatbot: CurrentChatbot, uploads: Uploads) -> None:
        self.chatbot = chatbot
        self.uploads = uploads
        self._changing = Lock()

    @classmethod
    def open(cls, chatbot: CurrentChatbot, uploads: Uploads) -> Librarian:
        """A librarian who goes on where one was interrupted."""
        librarian = cls(chatbot, uploads)
        librarian._settle()
        return librarian

    def add(self, files: Sequence[Path], progress: Progress) -> Change:
        """Take up files, each on its own, and whatever earlier ones still wait."""
        with self._change(progress):
            kept, refused = self._keep(files, progress)
            if files and not kept:
                return Change("", tuple(refused))
            try:
                report = self._update(progress)
                outcomes = (*refused, *self._outcomes(report, kept))
                return Change("" if outcomes else "Everything that was uploaded is in the index.", outcomes)
            except (RagError, OSError) as error:
                waiting = [Outcome(file.name, "kept", None, _WAITING) for file in kept]
                return Change("", (*refused, *waiting), error)

    def remove(self, article_id: str, progress: Progress) -> Change:
        """Take an article out of the index, and delete its file where that was uploaded.

        Raises:
            RagError: the article is the last, or not there; see `index.remove`.
        """
        with self._change(progress):
            progress("Removing", 0, 0)
            entry = self.entry(article_id)
            try:
                with self.uploads.parting(entry.path) if entry and self.uploads.holds(entry.path) else nullcontext():
                    remove([article_id], self.chatbot.location)
            finally:
                self._settle()
            # Whoever is told that it is gone is shown no list with it.
            with suppress(RagError):
                self.chatbot.newest()
            return Change(f"“{entry.title if entry else article_id}” was removed.")

    def rebuild(self, progress: Progress) -> Change:
        """Make the index anew with the model and the splitter of the settings.

        Raises:
            RagError: nobody knows what it was made from, or see `index.build.build`.
        """
        place, settings = self.chatbot.location, self.chatbot.settings
        with self._change(progress):
            report = update_index(self._paths(), place, settings, rebuild=True, progress=progress)
            refused = [Outcome(error.path.name, "refused", None, error.reason) for error in report.skipped]
            manifest = self.chatbot.newest().index.manifest
            return Change(f"The index was made anew from {manifest.articles:,} articles.", tuple(refused))

    def trouble(self) -> Trouble | None:
        """Why the index cannot be read, or takes no more articles; None where all is well."""
        try:
            recipe = self.chatbot().index.manifest.recipe
        except RagError as error:
            return self._trouble(UNREADABLE.get(type(error), "This index cannot be opened."), str(error))
        settings = self.chatbot.settings
        if recipe.model != settings.model:
            made, wanted = f"with the model {recipe.model}", f"{settings.model}"
        elif (recipe.max_tokens, recipe.overlap) != (settings.max_tokens, settings.overlap):
            made = f"of passages of {recipe.max_tokens} tokens that overlap by {recipe.overlap} sentences"
            wanted = f"{settings.max_tokens} and {settings.overlap}"
        else:
            return None
        return self._trouble(
            f"This index was made {made}, and the settings now say {wanted}. "
            "It still answers as it was made; articles can be added again when it has been made anew."
        )

    def entry(self, article_id: str) -> Entry | None:
        """An article as the catalogue lists it; None where the index does not hold it."""
        return self.chatbot.newest().index.entry(article_id)

    @contextmanager
    def _change(self, progress: Progress) -> Iterator[None]:
        """Hold all other changes back; those of other processes are held back by the index itself."""
        if not self._changing.acquire(blocking=False):
            progress("Waiting for another change to finish", 0, 0)
            self._changing.acquire()
        try:
            self._settle()
            yield
        finally:
            self._changing.release()

    def _settle(self) -> None:
        """Let the uploads follow the index in what a change had begun that did not come to its end."""
        store = store_at(self.chatbot.location)
        removed = None
        # What is wrong with the index is said by whoever needs it.
        with suppress(RagError):
            removed = store.current().excluded if store.exists() else ()
        self.uploads.settle(removed)

    def _keep(self, files: Sequence[Path], progress: Progress) -> tuple[list[Path], list[Outcome]]:
        """The files as they are kept, and those that are refused with the reason."""
        kept: list[Path] = []
        refused = []
        size = 0
        for done, file in enumerate(files):
            progress("Reading", done, len(files))
            try:
                size += file.stat().st_size if file.is_file() else 0
                if done >= _MOST_FILES or size > _MOST_BYTES:
                    raise UnreadableFile(file, _TOO_MUCH)
                if self.uploads.place(file.name) in kept:
                    raise UnreadableFile(file, "another file of this name came with it")
                kept.append(self.uploads.keep(file))
            except UnreadableFile as error:
                refused.append(Outcome(file.name, "refused", None, error.reason))
        return kept, refused

    def _update(self, progress: Progress) -> Report:
        store = store_at(self.chatbot.location)
        excluded = store.current().excluded if store.exists() else ()
        # What was removed and uploaded again comes back only when it is named itself.
        back = [file for file in self.uploads.files() if str(file.resolve()) in excluded]
        return update_index([self.uploads.folder, *back], store.location, self.chatbot.settings, progress=progress)

    def _outcomes(self, report: Report, kept: Sequence[Path]) -> Iterator[Outcome]:
        """What became of the files that are in the index now, new ones that had waited for it among them."""
        index, new = self.chatbot.newest().index, {file.resolve() for file in kept}
        for error in report.skipped:
            yield Outcome(error.path.name, "refused", None, error.reason)
        results = {name: result for result in ("added", "updated") for name in getattr(report, result)}
        for path, article_id in report.articles.items():
            result = results.get(article_id, "unchanged")
            if path in new or result != "unchanged":
                yield Outcome(index.title(article_id), result, article_id)

    def _paths(self) -> list[Path]:
        """What the index is made anew from: what it was made from, and what was uploaded."""
        uploaded = [self.uploads.folder] if self.uploads.files() else []
        known = [path for path in paths_of(self.chatbot.location, rebuild=True) if path not in uploaded]
        return [*known, *uploaded]

    def _trouble(self, why: str, error: str = "") -> Trouble:
        place = self.chatbot.location
        try:
            paths = tuple(self._paths())
            roots = () if place == bundled_index() else store_at(place).roots()
            gone = tuple(path for path in roots if not path.exists())
        except StoreError:
            paths = gone = ()
        uploads = f" {self.uploads.folder}" if self.uploads.files() else ""
        return Trouble(why, error, paths, gone, f"rag index --rebuild --index {place} ARTICLES{uploads}")
