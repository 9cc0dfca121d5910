"""`rag eval` and `rag compare`: runs over gold questions, and tables of their figures."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import xxhash

from corpus.errors import SettingsError
from corpus.gold import load_beir, load_gold, write_beir_articles
from index.home import home
from rag.chatbot import Chatbot
from rag.evaluation import Comparison, Evaluation, compare, evaluate
from rag.evaluation.summary import thresholds
from rag.library import update_index
from rag.settings import Settings
from ui.progress import bars


def run_eval(options: Namespace, settings: Settings) -> None:
    """Ask the gold questions that the command line names, print the figures, and write what it asks for."""
    for file in (options.json, options.report):
        if file and not file.resolve().parent.is_dir():
            raise SettingsError(f"the folder of {file} does not exist: make it first, or name another file")
    questions = load_beir(options.beir) if options.beir else [gold for path in options.gold for gold in load_gold(path)]
    chatbot = _chatbot(options, settings)
    begun = perf_counter()
    with bars("questions") as progress:
        evaluation = evaluate(questions, chatbot, progress=lambda done, total: progress("Asking", done, total))
    print(figures(evaluation))
    print(_failures(evaluation))
    print(_thresholds(evaluation))
    seconds = perf_counter() - begun
    print(f"{len(questions)} questions in {seconds:.0f} s, {len(questions) / seconds:.1f} a second", file=sys.stderr)
    if options.json:
        _write(options.json, evaluation.to_json() + "\n")
    if options.report:
        from ui.report import report

        _write(options.report, report(evaluation, chatbot.index))


def run_compare(options: Namespace) -> int:
    """Print how one run differs from another; 1 where something got significantly worse."""
    comparison = compare(options.before, options.after)
    print(differences(comparison))
    return int(comparison.is_worse)


def figures(evaluation: Evaluation) -> str:
    """The figures of a run as a table."""
    rows = [f"{'metric':20} {'value':>8}  {'95 % interval':17} {'n':>5}"]
    for name, figure in evaluation.metrics.items():
        interval = "[{:.3f}, {:.3f}]".format(*figure.ci95)
        rows.append(f"{name:20} {figure.value:8.3f}  {interval:17} {figure.n:5}")
    return "\n".join(rows)


def differences(comparison: Comparison) -> str:
    """The differences between two runs as a table; what is significant is marked."""
    rows = [f"{'metric':20} {'before':>8} {'after':>8} {'change':>8}  {'95 % interval':17} {'p':>6} {'n':>5}"]
    for name, item in comparison.differences.items():
        interval = "[{:+.3f}, {:+.3f}]".format(*item.ci95)
        change = item.after - item.before
        numbers = f"{item.before:8.3f} {item.after:8.3f} {change:+8.3f}  {interval:17} {item.p:6.3f} {item.n:5}"
        rows.append(f"{name:20} {numbers}  {item.verdict}".rstrip())
    rows.append(f"{comparison.questions} questions in both runs, {comparison.only_in_one} in one alone")
    return "\n".join(rows)


def _chatbot(options: Namespace, settings: Settings) -> Chatbot:
    """The chatbot to ask: over the index that is named, brought up to date with the articles that are named."""
    articles: Sequence[Path] = options.articles
    folder: Path | None = options.index
    if options.beir:
        place = _cache_of([options.beir])
        write_beir_articles(options.beir, place / "articles")
        articles, folder = [place / "articles"], folder or place / "index"
    elif articles:
        folder = folder or _cache_of(articles) / "index"
    with bars("passages") as progress:
        if articles and folder:
            update_index(articles, folder, settings, prune=True, progress=progress)
        return Chatbot.open(folder, settings, progress=progress)


def _cache_of(paths: Sequence[Path]) -> Path:
    """Where the index of articles that are only measured on is kept from one run to the next."""
    named = "\n".join(sorted(str(path.resolve()) for path in paths))
    return home() / "measured" / f"{paths[0].resolve().name}-{xxhash.xxh3_64_hexdigest(named.encode())}"


def _failures(evaluation: Evaluation) -> str:
    """How many answers are wrong, and at which stage they went wrong."""
    counts = Counter(outcome.failure for outcome in evaluation.outcomes if outcome.failure)
    stages = ", ".join(f"{count} {failure}" for failure, count in counts.most_common())
    return f"{counts.total()} of {len(evaluation.outcomes)} answers are wrong" + (f": {stages}" if stages else "")


def _thresholds(evaluation: Evaluation) -> str:
    """What the threshold would have to be, to refuse so many of the answerable questions and no more."""
    found = thresholds([outcome.values for outcome in evaluation.outcomes], (0.01, 0.02, 0.05, 0.1))
    named = ", ".join(f"{share:.0%} {threshold:.2f}" for share, threshold in found.items())
    return f"threshold at which so many answerable questions are refused: {named}" if named else "nothing to answer"


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written ({error.strerror}): name another file") from error
