"""Every error the project raises on purpose, in one tree.

    RagError
    ├── CorpusError
    │   ├── PathNotFound      a file or folder that was named does not exist
    │   ├── UnreadableFile    one file that cannot be read, with the reason
    │   ├── NoArticles        nothing at all could be read
    │   └── BadGoldFile       a gold file that is not what it should be
    ├── StoreError
    │   ├── IndexNotFound     no index where one was expected
    │   ├── IndexMismatch     an index made with another model, splitter or format
    │   ├── IndexDamaged      a file of the index is missing or not what was written
    │   ├── ArticleNotFound   an article that was named is not in the index
    │   ├── LastArticle       the articles to remove are all that the index holds
    │   └── IndexLocked       another process is writing to the index
    ├── ModelError            an embedding model that is missing or not the published one
    ├── EngineError           a Ray cluster that cannot be reached, or has given up
    ├── LanguageModelError    a language model that gave no reply
    ├── RunError              a run of the evaluation that is none, or is over other questions
    ├── SettingsError         a setting that is unknown or has an impossible value
    ├── MissingDependency     a package that is asked for and not installed
    ├── BadReceipt            a receipt that is none, is of another version, or was changed
    ├── BadFilter             a source or a date to choose articles by that is none
    └── BadQuestion           a question that is empty or too long

Each message is one line that says what is wrong and what to do; what failed is kept as an attribute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """Where an index is: a folder, or whatever else its name says."""

    def __str__(self) -> str:
        """As it is named on the command line."""
        ...


class RagError(Exception):
    """The root: catch it to catch everything the project raises on purpose."""


class CorpusError(RagError):
    """Something about the articles."""


class PathNotFound(CorpusError):
    """A file or folder that was named does not exist."""

    def __init__(self, path: Path, wanted: str = "a file or folder of articles") -> None:
        self.path = path
        super().__init__(f"{path} does not exist: name {wanted} that does")


class UnreadableFile(CorpusError):
    """One file that cannot be read as an article."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class NoArticles(CorpusError):
    """Nothing at all could be read."""

    def __init__(self, paths: tuple[Path, ...], detail: str) -> None:
        self.paths = paths
        named = ", ".join(str(path) for path in paths)
        super().__init__(f"no article could be read from {named}: {detail}")


class BadGoldFile(CorpusError):
    """A gold file that is not what it should be; `line` is None where it is not about one line."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}, line {line}: {reason}" if line else f"{path}: {reason}")


class StoreError(RagError):
    """Something about the index; `folder` is where it is."""

    def __init__(self, folder: Place, message: str) -> None:
        self.folder = folder
        super().__init__(message)


class IndexNotFound(StoreError):
    """No index where one was expected."""

    def __init__(self, folder: Place) -> None:
        super().__init__(folder, f"there is no index in {folder}: make one with `rag index ARTICLES --index {folder}`")


class IndexMismatch(StoreError):
    """An index made with another model, splitter or format than the one in use."""

    def __init__(self, folder: Place, difference: str, remedy: str | None = None) -> None:
        remedy = remedy or f"make it anew with `rag index --rebuild --index {folder}`"
        super().__init__(folder, f"the index in {folder} {difference}: {remedy}")


class IndexDamaged(StoreError):
    """A file of the index is missing, or is not what was written."""

    def __init__(self, folder: Place, file: Path, what: str) -> None:
        self.file = file
        super().__init__(
            folder, f"{file} {what}: make the index anew with `rag index --rebuild --index {folder} ARTICLES`"
        )


class ArticleNotFound(StoreError):
    """An article that was named is not in the index."""

    def __init__(self, folder: Place, article_ids: tuple[str, ...]) -> None:
        self.article_ids = article_ids
        super().__init__(folder, f"the index in {folder} holds no article {', '.join(article_ids)}: look at its list")


class LastArticle(StoreError):
    """The articles to remove are all that the index holds."""

    def __init__(self, folder: Place) -> None:
        super().__init__(folder, f"nothing would be left in the index in {folder}: add another article first")


class IndexLocked(StoreError):
    """Another process is writing to the index."""

    def __init__(self, folder: Place, holder: str) -> None:
        self.holder = holder
        super().__init__(folder, f"the index in {folder} is being written by {holder}: try again when it has finished")


class ModelError(RagError):
    """An embedding model that is missing, or is not the published one."""


class EngineError(RagError):
    """A Ray cluster that cannot be reached, or has given up."""

    def __init__(self, address: str, what: str) -> None:
        self.address = address
        super().__init__(f"the engine {address} {what}")


class LanguageModelError(RagError):
    """A language model that gave no reply, or only a part of one; the message says why, and holds no key."""


class RunError(RagError):
    """A run of the evaluation that cannot be read, or cannot be compared with another."""


class SettingsError(RagError):
    """A setting that is unknown or has an impossible value."""


class MissingDependency(RagError):
    """A package that only some need is asked for and not installed; the message has the command that installs it."""

    def __init__(self, package: str, purpose: str, install: str) -> None:
        self.package = package
        super().__init__(f"{purpose} needs {package}, which is not installed: {install}")


class BadReceipt(RagError):
    """A receipt that is none, is of another version, or was changed after it was made."""


class BadFilter(RagError):
    """A source or a date to choose articles by that is none."""


class BadQuestion(RagError):
    """A question that is empty or too long to be one."""
