"""An index of another format or model: a sentence that says so, the one command that helps, and never mixed vectors."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import IndexDamaged, IndexMismatch
from index.build import build
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.manifest import FORMAT, Recipe
from index.store import store_at
from rag.chatbot import Chatbot
from rag.library import bundled_index, paths_of
from rag.settings import Settings
from tests.index.manifests import manifest_of, rewrite
from tests.index.random_articles import DIM, put_in, random_articles

# The manifests and pointers of an index of three articles, as the programs of those formats wrote them.
_BEFORE = Path(__file__).parent / "formats"


@pytest.fixture
def index(embedder: SentenceTransformerEmbedder, folder: Path) -> Path:
    """An index of this format."""
    put_in(folder, random_articles(["mill", "well"]), recipe=Recipe(embedder.name, embedder.digest, DIM, 200, 1))
    return folder


def test_there_is_an_index_of_each_format_before() -> None:
    assert sorted(int(place.name) for place in _BEFORE.iterdir()) == [*range(1, FORMAT)]


@pytest.mark.parametrize("version", range(1, FORMAT))
def test_an_index_of_a_format_before_says_so_and_is_made_anew_from_the_same_paths(
    version: int, folder: Path, articles: Path
) -> None:
    shutil.copytree(_BEFORE / str(version), folder)
    for door in (store_at(folder).open, store_at(folder).verify, lambda: build([articles], folder)):
        with pytest.raises(IndexMismatch) as raised:
            door()
        assert str(raised.value) == (
            f"the index in {folder} has format {version}, and this version reads format {FORMAT}: "
            f"make it anew with `rag index --rebuild --index {folder}`"
        )
    assert store_at(folder).roots() == [Path("/articles")]
    build([articles], folder, rebuild=True)
    assert store_at(folder).open().manifest.articles == 3
    assert paths_of(folder) == [articles]


@pytest.mark.parametrize("version", [FORMAT + 1, 1000])
def test_an_index_of_a_later_format_asks_for_a_later_program(index: Path, version: int) -> None:
    rewrite(index, format=version, parts="of another kind", recipe=None)
    with pytest.raises(IndexMismatch, match="update this program") as raised:
        store_at(index).open()
    assert f"format {version}" in str(raised.value)
    assert "rebuild" not in str(raised.value)
    assert store_at(index).roots() == [Path("articles")]


@pytest.mark.parametrize("version", [0, str(FORMAT), None, [FORMAT]])
def test_a_format_that_never_was_is_a_mismatch(index: Path, version: object) -> None:
    rewrite(index, format=version)
    with pytest.raises(IndexMismatch, match="rag index --rebuild"):
        store_at(index).open()


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1])
def test_a_format_that_only_damage_made_another_is_damage(index: Path, version: int) -> None:
    file = manifest_of(index)
    file.write_text(file.read_text("utf-8").replace(f'"format": {FORMAT}', f'"format": {version}'), "utf-8")
    with pytest.raises(IndexDamaged) as raised:
        store_at(index).open()
    assert raised.value.file == file


def test_a_pointer_without_checksums_is_none_of_this_format(index: Path) -> None:
    (index / "CURRENT").write_text(f"{store_at(index).current().generation}\n", "ascii")
    with pytest.raises(IndexDamaged) as raised:
        store_at(index).open()
    assert raised.value.file == index / "CURRENT"


def test_the_bundled_index_of_another_format_is_left_to_the_other_program() -> None:
    assert re.fullmatch(rf"bundled-{FORMAT}", bundled_index().name)


# Another model


def test_questions_are_embedded_by_the_model_of_the_index_whatever_the_settings_name(
    articles: Path, folder: Path
) -> None:
    build([articles], folder)
    asked = [Chatbot.open(folder, settings) for settings in (Settings(), replace(Settings(), model="another/model"))]
    assert {chatbot.index.embedder.name for chatbot in asked} == {"all-MiniLM-L6-v2"}
    first, second = (chatbot.index.embedder.embed(["Who lit the lamp?"]) for chatbot in asked)
    np.testing.assert_array_equal(first, second)
    assert all("Anna Holm" in chatbot.ask("Who lit the lamp?").text for chatbot in asked)
