"""`rag eval` and `rag compare`: runs over gold questions, and tables of their figures."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import xxhash

from corpus.errors import SettingsError
from corpus.gold import load_beir, load_gold, write_beir_articles
from index.home import home
from rag.chatbot import Chatbot
from rag.evaluation import Comparison, Evaluation, compare, evaluate
from rag.evaluation.summary import thresholds_by_errors, thresholds_by_refusals
from rag.library import update_index
from rag.settings import Settings
from ui.progress import bars


def run_eval(options: Namespace, settings: Settings) -> None:
    """Ask the gold questions that the command line names, print the figures, and write what it asks for."""
    _check(options)
    questions = load_beir(options.beir) if options.beir else [gold for path in options.gold for gold in load_gold(path)]
    chatbot = _chatbot(options, settings)
    begun = perf_counter()
    with bars("questions") as progress:
        evaluation = evaluate(questions, chatbot, progress=lambda done, total: progress("Asking", done, total))
    seconds = perf_counter() - begun
    for part in (figures(evaluation), _failures(evaluation), *_thresholds(evaluation)):
        print(part)
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


def _check(options: Namespace) -> None:
    """Refuse what cannot be done before a long run, not after it."""
    if options.articles and (options.index or options.beir):
        raise SettingsError("--articles are asked on their own: leave out --index and --beir")
    for file in filter(None, (options.json, options.report)):
        try:
            file.open("a").close()
        except OSError as error:
            raise SettingsError(f"{file} cannot be written ({error.strerror}): name another file") from error


def _chatbot(options: Namespace, settings: Settings) -> Chatbot:
    """The chatbot to ask: over the index in use, or over one of the articles that are named, made first."""
    articles, folder = options.articles, options.index
    if options.beir:
        articles = [_measured(options.beir, "articles")]
        write_beir_articles(options.beir, articles[0])
    with bars("passages") as progress:
        if articles:
            folder = folder or _measured(*articles, "index", settings.model, settings.splitter)
            for error in update_index(articles, folder, settings, prune=True, progress=progress).skipped:
                print(f"skipped {error}", file=sys.stderr)
        return Chatbot.open(folder, settings, progress=progress)


def _measured(*parts: object) -> Path:
    """Where what is only measured on is kept from one run to the next, by what it was made of."""
    named = "\n".join(str(part.resolve() if isinstance(part, Path) else part) for part in parts)
    return home() / "measured" / xxhash.xxh3_64_hexdigest(named.encode())


def _failures(evaluation: Evaluation) -> str:
    """How many answers are wrong, and at which stage they went wrong."""
    counts = Counter(outcome.failure for outcome in evaluation.outcomes if outcome.failure)
    stages = ", ".join(f"{count} {failure}" for failure, count in counts.most_common())
    return f"{counts.total()} of {len(evaluation.outcomes)} answers are wrong" + (f": {stages}" if stages else "")


def _thresholds(evaluation: Evaluation) -> Iterator[str]:
    """Which threshold an error rate that one wants would take."""
    values = [outcome.values for outcome in evaluation.outcomes]
    for what, found in (
        ("so many of the answerable are refused", thresholds_by_refusals(values, (0.01, 0.02, 0.05, 0.1))),
        ("so many of the answers are wrong", thresholds_by_errors(values, (0.05, 0.1, 0.2, 0.3))),
    ):
        if found:
            # Rounded down, so that no more are refused than it says.
            named = (f"{share:.0%} {int(1000 * threshold) / 1000:.3f}" for share, threshold in found.items())
            yield f"threshold at which {what}: {', '.join(named)}"


def _write(file: Path, text: str) -> None:
    try:
        # Half of a surrogate pair, which JSON can bring in, is no character.
        file.write_text(text, "utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written ({error.strerror}): name another file") from error
