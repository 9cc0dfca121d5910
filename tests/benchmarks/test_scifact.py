"""SciFact (Wadden et al. 2020, as BEIR has it): claims, and the abstracts that speak for or against them."""

from __future__ import annotations

import csv
import json

import ir_measures
import pytest
from ir_measures import R, nDCG

from index.article_index import ArticleIndex
from index.build import build
from index.query import Query
from tests.benchmarks.data import BENCH, json_lines

SCIFACT = BENCH / "scifact"
# Enough passages for a hundred abstracts, of which some have two or three.
_PASSAGES = 300

Scores = dict[str, dict[str, float]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCIFACT.is_dir(), reason="needs ../shared/bench/scifact"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ArticleIndex:
    """All 5,183 abstracts, one file each, named by their number."""
    articles = tmp_path_factory.mktemp("scifact")
    for item in json_lines(SCIFACT / "corpus.jsonl"):
        # A JSON string is a YAML string, whatever stands in the title.
        front_matter = f"---\ntitle: {json.dumps(item['title'])}\n---\n"
        (articles / f"{item['_id']}.md").write_text(f"{front_matter}{item['text']}\n", "utf-8")
    folder = tmp_path_factory.mktemp("index")
    build([articles], folder)
    return ArticleIndex.open(folder)


@pytest.fixture(scope="module")
def judgements() -> Scores:
    """What people judged: for each claim, the abstracts that matter."""
    judged: Scores = {}
    with (SCIFACT / "qrels" / "test.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            judged.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    return judged


@pytest.fixture(scope="module")
def run(index: ArticleIndex, judgements: Scores) -> Scores:
    """What the index finds: an abstract is worth as much as its best passage."""
    claims = {item["_id"]: item["text"] for item in json_lines(SCIFACT / "queries.jsonl")}
    found: Scores = {}
    for claim in judgements:
        query = Query(claims[claim], index.embedder.embed([claims[claim]])[0])
        best = found.setdefault(claim, {})
        for hit in index.search(query, _PASSAGES):
            best.setdefault(hit.passage.article_id, hit.score)
    return found


def test_hybrid_search_reaches_the_published_level(run: Scores, judgements: Scores) -> None:
    measured = ir_measures.calc_aggregate([nDCG @ 10, R @ 100], judgements, run)
    print(f"SciFact, {len(judgements)} claims: " + ", ".join(f"{name} {value:.4f}" for name, value in measured.items()))
    assert len(judgements) == 300
    assert measured[nDCG @ 10] >= 0.73
    assert measured[R @ 100] >= 0.94


def test_every_abstract_is_in_the_index(index: ArticleIndex) -> None:
    assert index.manifest.articles == 5183
    numbers = {item["_id"] for item in json_lines(SCIFACT / "corpus.jsonl")}
    assert {article.id for article in index.articles()} == numbers
