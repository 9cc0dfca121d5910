"""The runs of the evaluation that the page keeps: a folder each, so that they outlive server and browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import TypeAdapter

from corpus.errors import RunError
from index.article_index import ArticleIndex
from index.durable import make_folder, sync, sync_tree
from rag.evaluation import Comparison, Evaluation, compare
from ui.conversations import new_id
from ui.downloads import known
from ui.report import report

# What the list shows of a run: whether the evidence is found, the answers right, and the unanswerable refused.
KEY_FIGURES = ("recall@5", "answer_match", "refusal_recall")

_ABOUT, _RUN, _REPORT = "about.json", "run.json", "report.html"
# A report shows what articles and gold files say. Should any of it ever run, it is in an origin without anything in it.
_ALONE = {"Content-Security-Policy": "sandbox allow-scripts allow-forms", "X-Content-Type-Options": "nosniff"}
_GONE = "This run is no longer kept."


@dataclass(frozen=True, slots=True)
class Run:
    """A run without its questions; `gold` names what was asked, and `made` says when, ISO 8601 in UTC."""

    id: str
    gold: str
    made: str
    questions: int
    right: int
    figures: dict[str, float]


class Runs:
    """The runs in a folder; safe to share between threads and between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Run]:
        """Every run, the latest first."""
        runs = (_read(folder) for folder in self._folders())
        return sorted(filter(None, runs), key=lambda run: run.made, reverse=True)

    def get(self, run: str) -> Run | None:
        """A run, or None where it has been deleted or never was."""
        folder = self._find(run)
        return _read(folder) if folder else None

    def keep(self, gold: str, evaluation: Evaluation, index: ArticleIndex) -> Run:
        """Keep a run with its report; all of it is kept, or nothing.

        Args:
            gold: a name for the questions.
            index: the one that was asked.

        Raises:
            RunError: the folder cannot be written.
        """
        run = _summary(gold, evaluation)
        written = {
            _ABOUT: json.dumps(asdict(run), ensure_ascii=False),
            _RUN: evaluation.to_json() + "\n",
            _REPORT: report(evaluation, index),
        }
        try:
            make_folder(self._folder)
            _write(written, self._folder / run.id)
        except OSError as error:
            raise RunError(
                f"the run cannot be kept in {self._folder} ({error.strerror}): make room, or set RAG_HOME"
            ) from None
        return run

    def delete(self, run: str) -> None:
        """Forget a run."""
        if folder := self._find(run):
            shutil.rmtree(folder, ignore_errors=True)

    def run_file(self, run: str) -> Path | None:
        """The run as `rag eval --json` writes it, or None where it is not kept."""
        return self._file(run, _RUN)

    def report_file(self, run: str) -> Path | None:
        """The run as a page, or None where it is not kept."""
        return self._file(run, _REPORT)

    def compare(self, before: str, after: str) -> Comparison:
        """How one run differs from another; RunError where one is not kept, or they cannot be compared."""
        first, second = self.run_file(before), self.run_file(after)
        if not first or not second:
            raise RunError(_GONE)
        return compare(first, second)

    def _folders(self) -> Iterator[Path]:
        """The folders of whole runs; a name with a dot is of one that is being written, or never was finished."""
        if self._folder.is_dir():
            yield from (folder for folder in self._folder.iterdir() if not folder.name.startswith("."))

    def _file(self, run: str, name: str) -> Path | None:
        folder = self._find(run)
        return folder / name if folder and (folder / name).is_file() else None

    def _find(self, run: str) -> Path | None:
        # An id comes from a browser, and no path is made of it.
        return next((folder for folder in self._folders() if folder.name == run), None)


def router(runs: Runs) -> APIRouter:
    """The addresses of a run: its report as a page, and the file that `rag compare` takes."""
    routes = APIRouter()

    @routes.get("/runs/{name}.html")
    def page(name: str) -> Response:
        return FileResponse(known(runs.report_file(name), _GONE), media_type="text/html; charset=utf-8", headers=_ALONE)

    @routes.get("/runs/{name}.json")
    def run(name: str) -> Response:
        return FileResponse(known(runs.run_file(name), _GONE), media_type="application/json", filename="run.json")

    return routes


def _summary(gold: str, evaluation: Evaluation) -> Run:
    return Run(
        id=new_id(),
        gold=gold,
        made=datetime.now(UTC).isoformat(),
        questions=len(evaluation.outcomes),
        right=sum(outcome.failure is None for outcome in evaluation.outcomes),
        figures={name: evaluation.metrics[name].value for name in KEY_FIGURES if name in evaluation.metrics},
    )


def _write(files: dict[str, str], folder: Path) -> None:
    """Write files into a new folder, which is there only when they all are, and still is when the power has gone."""
    unfinished = Path(mkdtemp(prefix=".", dir=folder.parent))
    try:
        for name, text in files.items():
            # Half of a surrogate pair, which a gold file can bring in, is no character.
            (unfinished / name).write_text(text, "utf-8", errors="replace")
        sync_tree(unfinished)
        unfinished.rename(folder)
        sync(folder.parent)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _read(folder: Path) -> Run | None:
    """What a folder holds, or None where it is no run, or one that is just being deleted."""
    try:
        return _runs().validate_json((folder / _ABOUT).read_bytes(), strict=True)
    except (OSError, ValueError):
        return None


@cache
def _runs() -> TypeAdapter[Run]:
    return TypeAdapter(Run)
