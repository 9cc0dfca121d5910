"""The engine that has Ray read, split and embed: on all of this machine, or on the many of a cluster."""

from __future__ import annotations

import os
import socket
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from corpus.errors import EngineError, MissingDependency, ModelError, UnreadableFile
from corpus.splitter import Splitter
from index.embedding.embedder import EmbeddedPassage
from index.engines.engine import EmbeddedArticle, Told
from index.engines.ray_pipeline import Pipeline, article_of, describe, passage_of
from index.plan import Planned

# Longer than any machine in reach takes to accept a connection.
_CONNECT_SECONDS = 5
_WANTED = "name the port of its head that Ray's client uses, 10001 unless it was set otherwise"


class RayEngine:
    """See `index.engines.engine.Engine`. A cluster's machines need this project installed, and the folders of articles.

    Ray Data does not work through Ray's client, so an actor on the cluster's head drives it, the one machine that a
    cluster cannot lose; it hands on what is done. What a lost worker or machine had in hand, another does again.
    """

    def __init__(self, ray: Any, address: str, model: str, splitter: Splitter) -> None:
        self._ray, self._address, self._model, self._splitter = ray, address, model, splitter
        self._stop = weakref.finalize(self, ray.shutdown)
        if not ray.cluster_resources().get("CPU"):
            raise EngineError(address, "has no processor to work with: start workers first")
        with self._failing("cannot load the model on its machines, where this project has to be installed"):
            # A worker that keeps the model in memory has no further use.
            described = ray.remote(max_calls=1)(describe).remote(model)
            self.digest, self.dim = ray.get(described)

    @classmethod
    def open(cls, address: str, model: str, splitter: Splitter) -> RayEngine:
        """Start a Ray of this machine's own, which only this machine reaches, or connect with a cluster's client port.

        Args:
            address: `ray`, or `ray://HOST:PORT`.

        Raises:
            EngineError: there is no Ray at the address, or its machines lack something.
            ModelError: the model cannot be loaded there.
            MissingDependency: Ray is not installed.
        """
        own = address == "ray"
        if not own:
            _knock(address)
        ray = _ray(own)
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            # The client says in two warnings, and a moment later in an error, that nobody answers.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ray.init("local", include_dashboard=False, **quiet) if own else ray.init(address, **quiet)
        except Exception as error:  # whatever Ray raises, the user gets one plain line
            advice = f": {_WANTED}" if type(error) is ConnectionError else ""
            raise EngineError(address, f"cannot be used ({_last_line(error)}){advice}") from error
        # Where a model is a folder, the workers stand in another one.
        return cls(ray, address, str(Path(model).resolve()) if Path(model).is_dir() else model, splitter)

    def embedded(self, planned: Sequence[Planned], told: Told) -> Iterator[EmbeddedArticle | UnreadableFile]:
        """See `Engine.embedded`. Raises EngineError when Ray gives up, and ModelError."""
        if not planned:
            return
        for number, rows in groupby(self._rows(planned), key=lambda row: row["number"]):
            yield self._made(planned[number], rows, told)

    def close(self) -> None:
        """Stop a Ray of this machine's own, or leave the cluster; it happens by itself when the engine is let go."""
        self._stop()

    def _rows(self, planned: Sequence[Planned]) -> Iterator[dict[str, Any]]:
        """What the pipeline makes of the files; the next table travels while the one before is stored."""
        files = [(str(item.path.absolute()), item.article_id) for item in planned]
        actor = self._ray.remote(num_cpus=0, resources={"node:__internal_head__": 0.001})(Pipeline)
        with self._failing("has given up"):
            pipeline = actor.remote(files, self._splitter, self._model, self.digest)
            coming = pipeline.next.remote()
            while (table := self._ray.get(coming)) is not None:
                coming = pipeline.next.remote()
                yield from table.to_pylist()

    def _made(self, planned: Planned, rows: Iterator[dict[str, Any]], told: Told) -> EmbeddedArticle | UnreadableFile:
        head = next(rows)
        if head["reason"] is not None:
            return UnreadableFile(planned.path, head["reason"])
        passages = []
        for row in rows:
            vectors = np.frombuffer(row["vectors"], "<f2").astype(np.float32).reshape(-1, self.dim)
            passages.append(EmbeddedPassage(passage_of(row, planned.article_id), vectors[0], vectors[1:]))
            told(planned.size / row["passages"])
        return EmbeddedArticle(article_of(head), planned.source, tuple(passages))

    @contextmanager
    def _failing(self, how: str) -> Iterator[None]:
        """Ray's errors, which hold the traces of several machines, as one line each; the engine ends with them."""
        try:
            yield
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            self.close()
            cause = getattr(error, "cause", None)
            if isinstance(cause, ModelError):
                raise ModelError(str(cause)) from error
            raise EngineError(self._address, f"{how}: {_last_line(cause or error)}") from error


def _ray(own: bool) -> Any:
    """Ray, told before it is imported to tell nobody about itself; raises MissingDependency."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # With it, gRPC now and then crashes the processes that Ray starts.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    # Where something else than Ray listens, its client tries three times.
    os.environ.setdefault("RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S", str(_CONNECT_SECONDS))
    if own:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # Without this, Ray listens to the whole network on Linux; elsewhere it does not by itself.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    if not all(find_spec(name) for name in ("ray", "pyarrow", "grpc")):
        raise MissingDependency("ray", "this engine", 'pip install "ray[client,data]"')
    return import_module("ray")


def _knock(address: str) -> None:
    """Whether anyone listens at an address: Ray's own client takes half a minute to find that nobody does."""
    try:
        url = urlsplit(address)
        socket.create_connection((url.hostname or "", url.port or 0), _CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise EngineError(address, f"cannot be reached ({error}): {_WANTED}") from error


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
