"""`rag eval` and `rag compare`: runs over gold questions, and tables of their figures."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import xxhash

from corpus.errors import SettingsError
from corpus.gold import GoldQuestion, load_beir, load_gold, write_beir_articles
from index.article_index import ArticleIndex
from index.home import home
from index.manifest import FORMAT
from rag.chatbot import Chatbot
from rag.evaluation import Evaluation, compare, evaluate
from rag.evaluation.facts import Facts
from rag.evaluation.summary import thresholds_by_errors, thresholds_by_refusals
from rag.library import update_index
from rag.settings import Settings
from ui.progress import BYTES, bars

_SHOWN = 5


def run_eval(options: Namespace, settings: Settings) -> None:
    """Ask the gold questions that the command line names, print the figures, and write what it asks for."""
    _check(options)
    questions = load_beir(options.beir) if options.beir else [gold for path in options.gold for gold in load_gold(path)]
    chatbot = _chatbot(options, settings)
    for complaint in _unknown_evidence(questions, chatbot.index):
        print(complaint, file=sys.stderr)
    begun = perf_counter()
    with bars(" questions") as progress:
        evaluation = evaluate(questions, chatbot, progress=lambda done, total: progress("Asking", done, total))
    seconds = perf_counter() - begun
    for part in (evaluation, _failures(evaluation), *_thresholds(evaluation)):
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
    print(comparison)
    return int(comparison.is_worse)


def _check(options: Namespace) -> None:
    """Refuse what cannot be done before a long run, not after it."""
    if options.articles and (options.index or options.beir):
        raise SettingsError("--articles are asked on their own: leave out --index and --beir")
    written = [file.resolve() for file in (options.json, options.report) if file]
    taken = [path.resolve() for path in options.gold]
    for file in written:
        if [*written, *taken].count(file) > 1:
            raise SettingsError(f"{file} is named twice: name one file for each of the gold, --json and --report")
        is_new = not file.exists()
        with _writing(file):
            file.open("a").close()
        if is_new:
            file.unlink()


def _chatbot(options: Namespace, settings: Settings) -> Chatbot:
    """The chatbot to ask: over the index in use, or over one of the articles that are named, made first."""
    articles, folder = options.articles, options.index
    if options.beir:
        articles = [_measured(options.beir, "articles")]
        write_beir_articles(options.beir, articles[0])
    with bars(BYTES) as progress:
        if articles:
            folder = folder or _measured(*articles, "index", settings.model, settings.splitter)
            for error in update_index(articles, folder, settings, prune=True, progress=progress).skipped:
                print(f"skipped {error}", file=sys.stderr)
        return Chatbot.open(folder, settings, progress=progress)


def _measured(*parts: object) -> Path:
    """Where what is only measured on is kept from one run to the next, by what it was made of."""
    named = "\n".join(str(part.resolve() if isinstance(part, Path) else part) for part in parts)
    return home() / f"measured-{FORMAT}" / xxhash.xxh3_64_hexdigest(named.encode())


def _failures(evaluation: Evaluation) -> str:
    """How many answers are wrong, and at which stage they went wrong."""
    counts = Counter(outcome.failure for outcome in evaluation.outcomes if outcome.failure)
    stages = ", ".join(f"{count} {failure}" for failure, count in counts.most_common())
    return f"{counts.total()} of {len(evaluation.outcomes)} answers are wrong" + (f": {stages}" if stages else "")


def _unknown_evidence(questions: Sequence[GoldQuestion], index: ArticleIndex) -> list[str]:
    """What of the gold evidence the index does not hold: a misspelt name there looks like a failure here."""
    unknown = [
        f"{gold.id}: the index does not hold the article {quote.article}, or not these words of it"
        for gold in questions
        for quote in gold.evidence
        if not any(Facts.of(replace(gold, evidence=(quote,)), index).places)
    ]
    shown = unknown[:_SHOWN]
    return [*shown, f"… and {len(unknown) - _SHOWN} more like these"] if len(unknown) > _SHOWN else shown


def _thresholds(evaluation: Evaluation) -> Iterator[str]:
    """Which threshold an error rate that one wants would take; a rate of less than one question is left out."""
    values = [outcome.values for outcome in evaluation.outcomes]
    answerable = sum(bool(item["answerable"]) for item in values)
    refused = [share for share in (0.01, 0.02, 0.05, 0.1) if share * answerable >= 1]
    wrong = [share for share in (0.05, 0.1, 0.2, 0.3) if share * len(values) >= 1]
    for what, found in (
        ("refuse at most {} of the answerable", thresholds_by_refusals(values, refused)),
        ("have at most {} of the answers wrong", thresholds_by_errors(values, wrong)),
    ):
        for share, threshold in found.items():
            # Rounded down, so that no more are refused than it says.
            yield f"to {what.format(f'{share:.0%}')}: threshold {int(1000 * threshold) / 1000:.3f}"


def _write(file: Path, text: str) -> None:
    with _writing(file):
        # Half of a surrogate pair, which JSON can bring in, is no character.
        file.write_text(text, "utf-8", errors="replace")


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """What the file system refuses becomes one line that says what to do."""
    try:
        yield
    except OSError as error:
        raise SettingsError(f"{file} cannot be written ({error.strerror}): name another file") from error
