"""Ray makes the index that this machine makes, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import EngineError, MissingDependency, ModelError
from corpus.splitter import Splitter
from index.build import Report, build
from index.embedding.embedder import DEFAULT_MODEL
from index.engines.ray_engine import RayEngine
from index.store import store_at
from tests.index.conftest import Search, write

needs_ray = pytest.mark.skipif(
    not all(find_spec(name) for name in ("ray", "pyarrow", "grpc")), reason="needs ray[client,data]"
)

BUNDLED = Path(__file__).parents[2] / "corpus" / "articles"
# Several batches' worth of passages from few articles.
SHORT = Splitter(max_tokens=20)
MEMORY = 100 * 2**20
EMBEDDING = "ray::MapWorker(MapBatches(Embedding))"


@dataclass(slots=True)
class Machines:
    """A real cluster: a head that only drives, and workers of one core, each a Ray node with processes of its own."""

    cluster: Any
    address: str
    nodes: list[Any] = field(default_factory=list)

    def add(self) -> None:
        """One more worker."""
        self.nodes.append(self.cluster.add_node(num_cpus=1, object_store_memory=MEMORY))

    def embedding(self) -> list[tuple[int, Any]]:
        """The processes that embed at this moment, each with its node."""
        listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(maxsplit=2) for line in listed.splitlines()[1:]]
        nodes = {node.all_processes["raylet"][0].process.pid: node for node in self.nodes}
        return [
            (int(pid), nodes[int(parent)])
            for pid, parent, name in rows
            if name.startswith(EMBEDDING) and int(parent) in nodes
        ]


@pytest.fixture(scope="module")
def machines(_own_home: None) -> Iterator[Machines]:
    """A head and one worker."""
    port = 20_000 + os.getpid() % 10_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # With it, gRPC now and then crashes the process that the head starts for a client.
        patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
        cluster = import_module("ray.cluster_utils").Cluster()
        cluster.add_node(num_cpus=0, ray_client_server_port=port, include_dashboard=False, object_store_memory=MEMORY)
        machines = Machines(cluster, f"ray://{cluster.address.rpartition(':')[0]}:{port}")
        machines.add()
        yield machines
        cluster.shutdown()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three dozen articles."""
    bundled = {file.name: file.read_text("utf-8") for file in sorted(BUNDLED.glob("*.md"))[:12]}
    copies = {f"{copy}/{name}": text for copy in range(3) for name, text in bundled.items()}
    return write(tmp_path_factory.mktemp("texts"), copies)


@pytest.fixture(scope="module")
def local(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index that this machine makes of them."""
    folder = tmp_path_factory.mktemp("local") / "index"
    build([texts], folder, splitter=SHORT)
    return folder


def assert_same(made: Path, local: Path, search: Search) -> None:
    """The same articles, numbers and passages; vectors as near as half precision in other batches comes."""
    ours, theirs = store_at(made).open(), store_at(local).open()
    assert ours.articles() == theirs.articles()
    for article in ours.articles():
        assert ours.passages_of(article.id) == theirs.passages_of(article.id)
        numbers = [number for number, _ in ours.passages_of(article.id)]
        for one, other in zip(ours.analyses(numbers), theirs.analyses(numbers), strict=True):
            assert np.allclose(one.vectors, other.vectors, atol=0.01)
    for question in ("When was the SCO founded?", "Why did Russia back India's membership?"):
        mine, others = search(made, question, 10), search(local, question, 10)
        assert [hit.passage.text for hit in mine] == [hit.passage.text for hit in others]
        assert np.allclose([hit.dense for hit in mine], [hit.dense for hit in others], atol=0.01)


@dataclass(frozen=True, slots=True)
class Made:
    """What a build by the cluster came to, the index, and the worker that was killed while it embedded."""

    report: Report
    folder: Path
    killed: list[int]


@pytest.fixture(scope="module")
def made(machines: Machines, texts: Path, local: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same articles by the cluster, with a broken file, and one that is gone when the workers look for it."""
    folder, killed = tmp_path_factory.mktemp("made") / "index", list[int]()
    files = write(texts, {"broken.pdf": "not a PDF", "gone.txt": "Nobody reads this."})

    def kill() -> None:
        ((process, _),) = machines.embedding()
        os.kill(process, signal.SIGKILL)
        killed.append(process)

    def progress(what: str, done: int, total: int) -> None:
        (files / "gone.txt").unlink(missing_ok=True)
        if what == "Embedding" and 0 < done < total and not killed:
            kill()

    report = build([texts], folder, splitter=SHORT, engine=machines.address, progress=progress)
    return Made(report, folder, killed)


@needs_ray
def test_the_index_is_the_same_though_a_worker_is_killed(made: Made, local: Path, search: Search) -> None:
    assert len(made.killed) == 1
    assert len(made.report.added) == 36
    assert_same(made.folder, local, search)


@needs_ray
def test_a_file_that_cannot_be_read_is_named_and_so_is_one_that_is_not_there_for_a_worker(made: Made) -> None:
    broken, gone = sorted(made.report.skipped, key=lambda error: error.path.name)
    assert (broken.path.name, gone.path.name) == ("broken.pdf", "gone.txt")
    assert broken.reason.startswith("is broken")
    assert gone.reason.endswith("the machines of a Ray cluster have to share the folder")


@pytest.mark.slow
@needs_ray
def test_the_index_is_the_same_though_a_machine_is_lost(
    machines: Machines, texts: Path, local: Path, folder: Path, search: Search
) -> None:
    machines.add()
    lost: list[Any] = []

    def progress(what: str, done: int, total: int) -> None:
        if what == "Embedding" and 0 < done < total and not lost:
            lost.append(machines.embedding()[0][1])
            machines.nodes.remove(lost[0])
            machines.cluster.remove_node(lost[0])

    (texts / "broken.pdf").unlink(missing_ok=True)
    build([texts], folder, splitter=SHORT, engine=machines.address, progress=progress)
    assert lost
    assert_same(folder, local, search)


@pytest.mark.slow
@needs_ray
def test_a_model_that_the_workers_cannot_load_is_named(machines: Machines) -> None:
    with pytest.raises(ModelError, match="the model /no/such/model cannot be loaded"):
        RayEngine.open(machines.address, "/no/such/model", SHORT)


@pytest.mark.slow
@needs_ray
def test_a_ray_of_its_own_listens_to_this_machine_alone_and_ends_with_the_build(articles: Path, folder: Path) -> None:
    program = f"""
from pathlib import Path
from index.build import build

def progress(what, done, total):
    if what == "Embedding":
        import ray
        hosts.update(node["NodeManagerAddress"] for node in ray.nodes())

hosts = set()
report = build([Path({str(articles)!r})], Path({str(folder)!r}), engine="ray", progress=progress)
import ray
print(report.embedded_passages, hosts, ray.is_initialized())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3 {'127.0.0.1'} False"


def test_an_address_where_nobody_listens_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"ray://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(EngineError, match=f"{address} cannot be reached"):
            RayEngine.open(address, DEFAULT_MODEL, SHORT)


def test_without_ray_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.engines.ray_engine.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install \"ray\[client,data\]\""):
        RayEngine.open("ray", DEFAULT_MODEL, SHORT)
