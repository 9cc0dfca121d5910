"""The chatbot as OpenAI's own library meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI
from openai import OpenAI

from corpus.errors import IndexNotFound
from rag import Answer, Chatbot, Settings
from rag.answerer import Answerer, OnToken
from rag.extractive import ExtractiveAnswerer
from rag.question import Question
from rag.reading import Reading
from tests.rag.llm.model_server import Completion, ModelServer, Said, refusal
from tests.ui.serving import CATS, LAMP, UNKNOWN, built, served
from ui.openai_api import MODEL, router

Client = Callable[[str], OpenAI]


class Writer:
    """Writes the extractive answer word by word, as a language model would, and waits after the first one."""

    name = "writer"

    def __init__(self, chatbot: Chatbot, go_on: Callable[[], object], *, in_place: Callable[[str], str] = str) -> None:
        self._quoting = ExtractiveAnswerer(chatbot.index, chatbot.settings)
        self._go_on = go_on
        self._in_place = in_place

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        """See `Answerer.answer`."""
        answer = self._quoting.answer(question, readings)
        for word in re.findall(r"\S+\s*", self._in_place(answer.text)):
            if on_token:
                on_token(word)
            self._go_on()
        return answer


@pytest.fixture(scope="module")
def chatbot(tmp_path_factory: pytest.TempPathFactory) -> Chatbot:
    return Chatbot.open(built(tmp_path_factory.mktemp("openai")))


@pytest.fixture(scope="module")
def may_go_on() -> Event:
    """What the slow writer waits for."""
    return Event()


PAINTED = "The tower was painted by Clara Voss in 1921."
BORN = "Napoleon was born in Corsica."
WHO = "Who painted the tower?"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """A language model that writes a sentence that holds and one that does not, and is down when asked of the lamp."""

    def said(messages: list[dict[str, str]]) -> Said:
        if LAMP in messages[-1]["content"]:
            return refusal(500, "down", x_should_retry="false")
        return WHO if "Last question:" in messages[-1]["content"] else Completion([f"{PAINTED} [1] {BORN}"])

    with ModelServer(said) as server:
        yield server


@pytest.fixture(scope="module")
def address(chatbot: Chatbot, model: ModelServer, may_go_on: Event) -> Iterator[str]:
    """A server with the extractive chatbot, and below /slow, /other, /broken, /gone and /written with others."""

    def with_answerer(answerer: Answerer) -> Chatbot:
        return Chatbot(chatbot.index, chatbot.settings, answerer=answerer)

    def broken() -> None:
        raise RuntimeError("secret")

    def gone() -> Chatbot:
        raise IndexNotFound(Path("nowhere"))

    slow = with_answerer(Writer(chatbot, lambda: may_go_on.wait(30)))
    other = with_answerer(Writer(chatbot, int, in_place=lambda _: "Let me see."))
    failing = with_answerer(Writer(chatbot, broken))
    app = FastAPI()
    app.include_router(router(lambda: chatbot))
    for prefix, current in (("/slow", lambda: slow), ("/other", lambda: other), ("/broken", lambda: failing)):
        app.include_router(router(current), prefix=prefix)
    app.include_router(router(gone), prefix="/gone")
    written = Chatbot(chatbot.index, Settings(llm=model.address, verification="flag"))
    app.include_router(router(lambda: written), prefix="/written")
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    """OpenAI's library, with the address below which the chatbot is."""
    return lambda prefix: OpenAI(base_url=f"{address}{prefix}/v1", api_key="none", max_retries=0)


def _user(text: object) -> Any:
    return {"role": "user", "content": text}


def _streamed(client: OpenAI, question: str, **more: Any) -> tuple[str, list[Any]]:
    """The words of a stream put together, and all its chunks."""
    chunks = list(client.chat.completions.create(model=MODEL, messages=[_user(question)], stream=True, **more))
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    return said, chunks


def test_there_is_one_model(client: Client) -> None:
    models = client("").models
    assert [model.id for model in models.list()] == [MODEL]
    assert models.retrieve(MODEL).object == "model"
    with pytest.raises(openai.NotFoundError, match="there is no model gpt-4: ask ask-the-articles"):
        models.retrieve("gpt-4")
    with pytest.raises(openai.NotFoundError, match="there is no model meta/llama"):
        models.retrieve("meta/llama")


def test_an_answer_has_marks_and_sources_in_its_words(client: Client, chatbot: Chatbot) -> None:
    answer = chatbot.ask(LAMP)
    reply = client("").chat.completions.create(model=MODEL, messages=[_user(LAMP)])
    said, listed = (reply.choices[0].message.content or "").split("\n\nSources:\n")
    assert said == " ".join(f"{item.text} [{item.citations[0]}]" for item in answer.sentences)
    assert listed.splitlines()[0] == (
        "- [1] The lighthouse: “The lamp was given up because ships carry radio beacons.” (https://example.org/lamp)"
    )
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage
    assert reply.usage.prompt_tokens == 7
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_every_sentence_is_cited_to_the_character(client: Client, chatbot: Chatbot) -> None:
    message = client("").chat.completions.create(model=MODEL, messages=[_user(LAMP)]).choices[0].message
    proof: Any = message
    assert proof.citations
    for citation in proof.citations:
        text = chatbot.index.article(citation["article_id"]).text
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert proof.abstained is False
    assert proof.model is None
    assert 0 < proof.confidence <= 1
    assert message.content and message.annotations
    place = message.annotations[0].url_citation
    marked = message.content[place.start_index : place.end_index]
    assert marked == "The lamp was given up because ships carry radio beacons. [1]"
    assert (place.title, place.url) == ("The lighthouse", "https://example.org/lamp")


def test_an_article_without_an_address_has_no_annotation(client: Client) -> None:
    message: Any = client("").chat.completions.create(model=MODEL, messages=[_user(CATS)]).choices[0].message
    assert message.annotations == []
    assert message.citations[0]["url"] is None


def test_a_refusal_says_so_with_what_comes_nearest(client: Client) -> None:
    message: Any = client("").chat.completions.create(model=MODEL, messages=[_user(UNKNOWN)]).choices[0].message
    assert message.content.startswith("The articles do not hold the answer to this question.\n\nNearest passages:\n")
    assert message.abstained is True
    assert message.citations == message.annotations == []


def test_the_messages_before_are_the_history_without_our_own_lists(client: Client, chatbot: Chatbot) -> None:
    first = client("").chat.completions.create(model=MODEL, messages=[_user(LAMP)]).choices[0].message.content
    messages: Any = [
        {"role": "system", "content": "Answer in verse."},
        _user("ignored, for nobody answered it"),
        _user([{"type": "text", "text": LAMP}]),
        {"role": "assistant", "content": first},
        {"role": "developer", "content": "Be quick."},
        _user("And who painted it?"),
    ]
    then: Any = client("").chat.completions.create(model=MODEL, messages=messages).choices[0].message
    alike = chatbot.ask("And who painted it?", history=[(LAMP, chatbot.ask(LAMP).text)])
    assert "Clara Voss" in then.content
    assert [item["quote"] for item in then.citations] == [item.quote for item in alike.citations]
    assert then.confidence == round(alike.confidence, 4)


def test_what_is_not_known_of_a_request_is_left_alone(client: Client) -> None:
    reply = client("").chat.completions.create(
        model=MODEL,
        messages=[_user([{"type": "text", "text": LAMP}, {"type": "image_url", "image_url": {"url": "x"}}])],
        temperature=0.2,
        n=3,
        extra_body={"top_k": 5, "nonsense": [None]},
    )
    assert len(reply.choices) == 1
    assert "radio beacons" in (reply.choices[0].message.content or "")


def test_a_stream_says_the_same_and_ends_with_the_proof(client: Client) -> None:
    whole: Any = client("").chat.completions.create(model=MODEL, messages=[_user(LAMP)]).choices[0].message
    said, chunks = _streamed(client(""), LAMP)
    assert said == whole.content
    assert chunks[0].choices[0].delta.role == "assistant"
    last = chunks[-1].choices[0]
    assert last.finish_reason == "stop"
    assert last.delta.citations == whole.citations
    assert last.delta.annotations[0]["url_citation"] == whole.annotations[0].url_citation.model_dump()
    assert all(chunk.usage is None for chunk in chunks)


def test_a_stream_counts_where_that_is_asked(client: Client) -> None:
    said, chunks = _streamed(client(""), LAMP, stream_options={"include_usage": True})
    assert said
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_first_words_are_there_before_the_last_are_written(client: Client, may_go_on: Event) -> None:
    stream = client("/slow").chat.completions.create(model=MODEL, messages=[_user(CATS)], stream=True)
    said = ""
    for chunk in stream:
        said += chunk.choices[0].delta.content or ""
        if said == "Cats ":
            assert not may_go_on.is_set()
            may_go_on.set()
    assert may_go_on.is_set()
    text, sources = said.split("\n\nSources:\n")
    assert text == "Cats sleep by day, because mice are out at night. They hunt alone. [1][2]"
    assert sources.startswith("- [1] Cats: “Cats sleep by day")


def test_a_reader_who_leaves_holds_up_nobody(client: Client, may_go_on: Event) -> None:
    may_go_on.clear()
    with client("/slow").chat.completions.create(model=MODEL, messages=[_user(CATS)], stream=True) as stream:
        next(iter(stream))
    assert client("").chat.completions.create(model=MODEL, messages=[_user(CATS)], timeout=20).choices
    assert not may_go_on.is_set()
    may_go_on.set()


def test_words_that_turn_out_not_to_be_the_answer_are_followed_by_it(client: Client) -> None:
    said, chunks = _streamed(client("/other"), LAMP)
    assert said.startswith("Let me see.\n\nThe lamp was given up because ships carry radio beacons. [1]")
    place = chunks[-1].choices[0].delta.annotations[0]["url_citation"]
    assert said[place["start_index"] : place["end_index"]].startswith("The lamp was")


def test_what_breaks_ends_with_an_error_that_tells_nothing_secret(client: Client) -> None:
    with pytest.raises(openai.APIError) as broken:
        _streamed(client("/broken"), LAMP)
    assert "something went wrong" in str(broken.value)
    assert "secret" not in str(broken.value.body)
    with pytest.raises(openai.InternalServerError, match="something went wrong"):
        client("/broken").chat.completions.create(model=MODEL, messages=[_user(LAMP)])


def test_what_a_model_wrote_comes_with_how_far_it_is_supported(client: Client) -> None:
    message: Any = client("/written").chat.completions.create(model=MODEL, messages=[_user(WHO)]).choices[0].message
    said, listed = message.content.split("\n\nSources:\n")
    assert said == f"{PAINTED} [1] {BORN} (not supported)"
    assert listed.count("\n") == 0
    assert [(item["citations"], item["standing"]) for item in message.sentences] == [
        ([1], "supported"),
        ([], "unsupported"),
    ]
    assert (message.model["name"], message.model["failure"], message.model["unsupported"]) == ("scripted", "", 1)


def test_a_stream_says_at_its_end_what_is_in_doubt(client: Client) -> None:
    said, chunks = _streamed(client("/written"), WHO)
    assert said.startswith(f"{PAINTED} {BORN} [1]\n\nIn doubt:\n- “{BORN}” (not supported)\n\nSources:\n- [1] ")
    assert [item["standing"] for item in chunks[-1].choices[0].delta.sentences] == ["supported", "unsupported"]


def test_what_was_said_of_support_is_no_part_of_the_history(client: Client, model: ModelServer) -> None:
    whole = client("/written").chat.completions.create(model=MODEL, messages=[_user(WHO)]).choices[0].message.content
    for content in (whole, _streamed(client("/written"), WHO)[0]):
        before = len(model.asked)
        messages: Any = [_user(WHO), {"role": "assistant", "content": content}, _user("And when?")]
        client("/written").chat.completions.create(model=MODEL, messages=messages)
        rewriting = model.asked[before].messages[-1]["content"]
        assert f"Answer: {PAINTED} {BORN}\n" in rewriting


def test_where_the_model_fails_the_answer_says_why(client: Client, chatbot: Chatbot) -> None:
    message: Any = client("/written").chat.completions.create(model=MODEL, messages=[_user(LAMP)]).choices[0].message
    plain = client("").chat.completions.create(model=MODEL, messages=[_user(LAMP)]).choices[0].message
    assert "failed with status 500" in message.model["failure"]
    because = f"This is the extractive answer, because {message.model['failure']}."
    assert message.content == f"{plain.content}\n\n{because}"
    assert _streamed(client("/written"), LAMP)[0] == message.content


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ("no JSON", None, "Invalid JSON"),
        ("[]", None, "should be an object"),
        ({}, "model", "Field required"),
        ({"model": MODEL}, "messages", "Field required"),
        ({"model": 5, "messages": []}, "model", "valid string"),
        ({"model": MODEL, "messages": "hello"}, "messages", "valid array"),
        ({"model": MODEL, "messages": []}, "messages", "ask something"),
        ({"model": MODEL, "messages": [{"role": "system", "content": "hi"}]}, "messages", "ask something"),
        ({"model": MODEL, "messages": [{"role": "king", "content": "hi"}]}, "messages.0.role", "Input should be"),
        ({"model": MODEL, "messages": [_user(5)]}, "messages.0.content", "valid array"),
        ({"model": MODEL, "messages": [_user(0)]}, "messages.0.content", "valid array"),
        ({"model": MODEL, "messages": [_user("  ")]}, "messages", "the question is empty"),
        ({"model": MODEL, "messages": [_user(None)]}, "messages", "the question is empty"),
        ({"model": MODEL, "messages": [_user("why " * 1000)]}, "messages", "ask in at most 2000"),
        ({"model": MODEL, "messages": [_user(" ")], "stream": True}, "messages", "the question is empty"),
        ({"model": MODEL, "messages": [_user("hi")], "stream": "yes"}, "stream", "valid boolean"),
        ('{"model": "ask-the-articles", "messages": [{"role": "user", "content": "\\ud800"}]}', None, "Invalid JSON"),
    ],
)
def test_a_bad_request_is_refused_in_openais_own_words(
    address: str, body: object, param: str | None, message: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    reply = httpx.post(f"{address}/v1/chat/completions", content=content)
    error = reply.json()["error"]
    assert reply.status_code == 400
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert message in error["message"]
    assert "\n" not in error["message"]


def test_an_unknown_model_is_not_found(client: Client) -> None:
    with pytest.raises(openai.NotFoundError) as found:
        client("").chat.completions.create(model="gpt-4", messages=[_user(LAMP)])
    assert found.value.code == "model_not_found"


def test_an_index_that_is_gone_is_the_servers_error(client: Client) -> None:
    with pytest.raises(openai.InternalServerError, match="there is no index in nowhere"):
        client("/gone").chat.completions.create(model=MODEL, messages=[_user(LAMP)])
    with pytest.raises(openai.InternalServerError, match="there is no index in nowhere"):
        client("/gone").models.list()
