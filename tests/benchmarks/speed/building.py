"""Articles to an index, against `SentenceTransformer.encode` as it comes, with the same model on the same passages.

In one process, by turns, the models loaded before. Ours reads files, splits them, embeds passages with a vector for
each of their sentences, and stores it all; the other only embeds the passages that ours makes, with their titles.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from corpus.article import Passage
from corpus.gold import load_beir
from corpus.readers import find_files, read_file
from corpus.splitter import Splitter
from index.build import build
from index.embedding import packaged_model
from index.embedding.embedder import DEFAULT_MODEL, PassageEmbedder
from index.embedding.onnx_embedder import open_question_embedder
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.engines.engine import EmbeddedArticle
from index.engines.local_engine import LocalEngine
from index.folder.store import FolderStore
from index.manifest import Recipe
from index.plan import make_plan
from rag import Chatbot
from rag.evaluation import evaluate
from tests.benchmarks.data import BENCH, SQUAD, scifact_articles
from tests.benchmarks.speed.plots import bars
from tests.benchmarks.speed.rounds import by_turns, in_new_process
from tests.benchmarks.speed.row import Row, at_least, at_most, ratio

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PASSAGES, _EMBEDDED_ALONE = 1500, 512
_ROUNDS = 3
_OURS, _THEIRS = "ours, files to an index", "SentenceTransformer.encode"

_Build = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class _Sample:
    """A folder of articles, their passages, and the title of each passage's article."""

    articles: Path
    passages: tuple[Passage, ...]
    titles: tuple[str, ...]


def measure(folder: Path) -> list[Row]:
    """The rows, and their plot in the folder."""
    rates = in_new_process(_rates)
    bars(rates, folder / "building-passages.svg")
    ours, theirs, *_ = rates
    return [*rates, ratio(f"{_OURS} / {_THEIRS}", ours, theirs, at_least(1.9)), *in_new_process(_quality)]


def _rates() -> list[Row]:
    """Passages a second: ours, theirs, and what embeds them alone, in each arithmetic."""
    with tempfile.TemporaryDirectory() as place:
        sample = _squad(Path(place) / "articles")
        folders = (Path(place) / f"index-{number}" for number in count())
        light = open_question_embedder(DEFAULT_MODEL, packaged_model.DIGEST)
        embedders = {**_by_torch(), "float32, ONNX Runtime": light}
        plain = _plain()
        measures: dict[str, Callable[[], float]] = {
            _OURS: lambda: _build_rate(sample, next(folders)),
            _THEIRS: lambda: _encode_rate(sample, plain),
        }
        for name, embedder in embedders.items():
            measures[f"embedding alone, {name}"] = partial(_embed_rate, sample, embedder)
        return [Row(what, runs, "passages/s") for what, runs in by_turns(measures, _ROUNDS).items()]


def _squad(folder: Path) -> _Sample:
    """Copies of articles of SQuAD, drawn until they have the passages that are wanted."""
    folder.mkdir()
    files = sorted((SQUAD / "articles").iterdir())
    passages: list[Passage] = []
    titles: list[str] = []
    for file in random.Random(0).sample(files, len(files)):
        shutil.copy(file, folder)
        article = read_file(file, file.stem)
        own = Splitter().split(article)
        passages += own
        titles += [article.title] * len(own)
        if len(passages) >= _PASSAGES:
            break
    return _Sample(folder, tuple(passages), tuple(titles))


def _build_rate(sample: _Sample, folder: Path) -> float:
    reached: dict[str, float] = {}

    def note(what: str, done: int, total: int) -> None:
        reached.setdefault(what, perf_counter())

    begun = perf_counter()
    report = build([sample.articles], folder, progress=note)
    seconds = perf_counter() - begun
    assert report.embedded_passages == len(sample.passages), "both must embed the same"
    return len(sample.passages) / (seconds - (reached["Embedding"] - reached["Loading the model"]))


def _encode_rate(sample: _Sample, model: SentenceTransformer) -> float:
    begun = perf_counter()
    model.encode([f"{title}\n{passage.text}" for passage, title in zip(sample.passages, sample.titles, strict=True)])
    return len(sample.passages) / (perf_counter() - begun)


def _embed_rate(sample: _Sample, embedder: PassageEmbedder) -> float:
    passages, titles = sample.passages[:_EMBEDDED_ALONE], sample.titles[:_EMBEDDED_ALONE]
    begun = perf_counter()
    embedded = list(embedder.embed_passages(passages, titles))
    return len(embedded) / (perf_counter() - begun)


def _plain(device: str | None = None) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(packaged_model.folder()), device=device)


def _by_torch() -> dict[str, PassageEmbedder]:
    """Ours on the processor, in each arithmetic that it has; bfloat16 where it is only emulated takes for ever."""
    import torch

    known = torch.cpu.get_capabilities()
    kinds = {"float32, torch": torch.float32}
    if known.get("amx_bf16") or known.get("avx512_bf16"):
        kinds["bfloat16, torch"] = torch.bfloat16
    return {name: _embedder(_plain("cpu").to(kind)) for name, kind in kinds.items()}


def _embedder(model: SentenceTransformer) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model, name=DEFAULT_MODEL, digest=packaged_model.DIGEST)


def _quality() -> list[Row]:
    """What our arithmetic costs: nDCG@10 on SciFact over an index as it is built, and over one all in float32."""
    articles = scifact_articles()
    ours, exact = _ndcg(articles, _build), _ndcg(articles, _build_in_float32)
    return [
        Row("SciFact nDCG@10, ours", (ours,)),
        Row("SciFact nDCG@10, embedded in float32", (exact,)),
        Row("SciFact nDCG@10, lost", (exact - ours,), "", at_most(0.003)),
    ]


def _ndcg(articles: Path, make: _Build) -> float:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        make(articles, folder)
        return evaluate(load_beir(BENCH / "scifact"), Chatbot.open(folder)).metrics["ndcg@10"].value


def _build(articles: Path, folder: Path) -> None:
    build([articles], folder)


def _build_in_float32(articles: Path, folder: Path) -> None:
    embedder, splitter, store = _embedder(_plain()), Splitter(), FolderStore(folder)
    recipe = Recipe(DEFAULT_MODEL, embedder.digest, embedder.dim, splitter.max_tokens, splitter.overlap)
    planned = make_plan(find_files([articles]), [articles], {}).to_read
    with store.writing():
        draft = store.draft(None, {}, recipe)
        embedded = LocalEngine(embedder, splitter).embedded(planned, lambda size: None)
        draft.add([item for item in embedded if isinstance(item, EmbeddedArticle)])
        draft.put_in_force((), (), ())
