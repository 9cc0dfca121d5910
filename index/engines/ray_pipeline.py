"""What runs inside a Ray cluster: tasks that read and split, actors that embed, and the actor that drives both."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.article import Article, Passage
from corpus.errors import ModelError, UnreadableFile
from corpus.readers import read_file
from corpus.splitter import Splitter
from index.embedding.sentence_transformer import SentenceTransformerEmbedder

if TYPE_CHECKING:
    from index.embedding.embedder import EmbeddedPassage

Table = Any  # pyarrow's, which has no type information
# What a lost worker costs at most: the reading of so many files, or the embedding of a block, some 200 passages.
_FILES, _BLOCK_BYTES = 16, 256 * 1024
# Passages embedded as one lot, so that those of short articles meet others of like length.
_BATCH = 128
# A file that brings down whoever reads it must not be tried for ever.
_RETRIES = 3
# Of each core, what is left to reading while a model has the rest.
_READING = 0.25


def describe(model: str) -> tuple[str, int]:
    """A model's digest and the length of its vectors, for who does not load it; raises ModelError."""
    embedder = SentenceTransformerEmbedder.load(model)
    return embedder.digest, embedder.dim


class Pipeline:
    """Ray Data over some files. It runs ahead of who takes from it, for as long as the cluster's memory has room.

    Args:
        files: the path of each, and the id that its article gets.
        digest: what `describe` said of the model.
    """

    def __init__(self, files: Sequence[tuple[str, str]], splitter: Splitter, model: str, digest: str) -> None:
        ray: Any = import_module("ray")
        data: Any = import_module("ray.data")
        context = data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        context.target_max_block_size = _BLOCK_BYTES
        rows = [{"number": number, "path": path, "id": name} for number, (path, name) in enumerate(files)]
        resources = ray.cluster_resources()
        gpus, cores = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
        embedded = (
            data.from_items(rows, override_num_blocks=-(-len(rows) // _FILES))
            .map_batches(
                read_and_split,
                batch_size=None,
                batch_format="pyarrow",
                fn_args=[splitter],
                num_cpus=_READING,
                max_retries=_RETRIES,
            )
            .map_batches(
                Embedding,
                batch_size=_BATCH,
                batch_format="pyarrow",
                fn_constructor_args=[model, digest],
                # On two cores, two models of one thread embed 69 passages a second, one of two threads 61. The pool
                # grows while there is more to do, and shrinks to make room for who has lost its machine.
                compute=data.ActorPoolStrategy(min_size=1, max_size=max(1, gpus or cores)),
                num_gpus=1 if gpus else 0,
                num_cpus=1 - _READING,
                max_task_retries=_RETRIES,
            )
        )
        self._tables = iter(embedded.iter_batches(batch_size=_BATCH, batch_format="pyarrow"))

    def next(self) -> Table | None:
        """The next rows, in the order of the files, or None after the last."""
        return next(self._tables, None)


def read_and_split(files: Table, splitter: Splitter) -> Iterator[Table]:
    """For each file a row with its article and one with each passage, or one with the reason why it cannot be read."""
    pa = import_module("pyarrow")
    schema = _schema()
    for file in files.to_pylist():
        rows = _rows(Path(file["path"]), file["id"], splitter)
        yield pa.Table.from_pylist([{"number": file["number"], **row} for row in rows], schema)


class Embedding:
    """A model of its own, on one core or GPU, that adds their vectors to the passages among some rows."""

    def __init__(self, model: str, digest: str) -> None:
        self._embedder = SentenceTransformerEmbedder.load(model)
        if self._embedder.digest != digest:
            raise ModelError(f"the model {model} has other weights on {socket.gethostname()}: use the same everywhere")

    def __call__(self, table: Table) -> Table:
        pa = import_module("pyarrow")
        rows = table.to_pylist()
        wanted = [row for row in rows if row["text"] is not None]
        passages = [passage_of(row, str(row["number"])) for row in wanted]
        vectors = {
            (item.passage.article_id, item.passage.ordinal): _packed(item)
            for item in self._embedder.embed_passages(passages, [row["title"] for row in wanted])
        }
        column = [vectors.get((str(row["number"]), row["ordinal"])) for row in rows]
        return table.append_column("vectors", pa.array(column, pa.binary()))


def article_of(row: dict[str, Any]) -> Article:
    """The article that a row holds."""
    return Article(**json.loads(row["article"]))


def passage_of(row: dict[str, Any], article_id: str) -> Passage:
    """The passage that a row holds."""
    ends = iter(row["sentences"])
    sentences = tuple(zip(ends, ends, strict=True))
    return Passage(article_id, row["ordinal"], row["start"], row["end"], row["text"], sentences)


def _rows(path: Path, article_id: str, splitter: Splitter) -> Iterator[dict[str, Any]]:
    try:
        article = read_file(path, article_id)
    except UnreadableFile as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        yield {"reason": _not_shared() if missing else error.reason}
        return
    passages = splitter.split(article)
    yield {"article": json.dumps(asdict(article))}
    for passage in passages:
        yield {
            "title": article.title,
            "passages": len(passages),
            "ordinal": passage.ordinal,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "sentences": [end for sentence in passage.sentences for end in sentence],
        }


def _not_shared() -> str:
    return f"is not there on {socket.gethostname()}: the machines of a Ray cluster have to share the folder"


def _packed(item: EmbeddedPassage) -> bytes:
    """The passage's vector and its sentences', in the half precision that is stored."""
    return np.vstack([item.vector, item.sentence_vectors]).astype("<f2").tobytes()


def _schema() -> Any:
    pa = import_module("pyarrow")
    return pa.schema(
        {
            "number": pa.int64(),
            "reason": pa.string(),
            "article": pa.string(),
            "title": pa.string(),
            "passages": pa.int64(),
            "ordinal": pa.int64(),
            "start": pa.int64(),
            "end": pa.int64(),
            "text": pa.string(),
            "sentences": pa.list_(pa.int64()),
        }
    )
