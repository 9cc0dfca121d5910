"""A language model at an address, over real HTTP: what it is asked, and what is said when it fails."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from corpus.errors import LanguageModelError, SettingsError
from corpus.tokens import count_tokens
from rag.llm.endpoint import Endpoint
from rag.llm.model import LanguageModel, Message, Reply
from tests.rag.llm.model_server import Answering, Asked, Completion, ModelServer, refusal

KEY = "sk-very-secret-0123456789"
MESSAGES = (Message("system", "Be short."), Message("user", "Who painted the tower?"))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def _endpoint(server: ModelServer, model: str = "scripted", *, timeout: float = 30) -> LanguageModel:
    return Endpoint(server.address, model, window=4096, timeout=timeout)


def _asked(script: Answering | Sequence[Answering]) -> tuple[Reply, list[Asked]]:
    """The reply of a server with a script, and what it was asked."""
    with ModelServer(script) as server:
        return _endpoint(server).reply(MESSAGES, max_tokens=50), server.asked


def _failure(script: Answering | Sequence[Answering], *, timeout: float = 30) -> str:
    """What is said of a server that fails."""
    with ModelServer(script) as server:
        with pytest.raises(LanguageModelError) as failure:
            _endpoint(server, timeout=timeout).reply(MESSAGES, max_tokens=50)
        told = str(failure.value)
        assert told.startswith(server.address)
    assert "\n" not in told
    assert KEY not in told
    assert failure.value.__cause__ is failure.value.__context__ is None
    return told.removeprefix(server.address).strip()


def _events(*lines: str) -> Completion:
    return Completion(lines=[f"{line}\n\n" for line in lines])


def test_a_reply_comes_piece_by_piece_with_its_tokens() -> None:
    pieces: list[str] = []
    with ModelServer([["Clara ", "Voss", "\u2028 did. [1]\n"]]) as server:
        model = _endpoint(server)
        reply = model.reply(MESSAGES, max_tokens=50, on_text=pieces.append)
    assert pieces == ["Clara ", "Voss", "\u2028 did. [1]\n"]
    assert reply == Reply("".join(pieces), prompt_tokens=7, completion_tokens=5, is_whole=True)
    (asked,) = server.asked
    assert asked.messages == [{"role": item.role, "content": item.content} for item in MESSAGES]
    assert asked.body["model"] == model.name == "scripted"
    assert (asked.body["temperature"], asked.body["max_tokens"], asked.body["stream"]) == (0, 50, True)
    assert "seed" in asked.body
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_tokens_that_a_server_does_not_tell_are_counted() -> None:
    reply, _ = _asked(Completion(["Clara Voss did."], usage=None))
    assert reply.prompt_tokens == sum(count_tokens(message.content) for message in MESSAGES)
    assert reply.completion_tokens == count_tokens("Clara Voss did.")


def test_a_reply_that_was_cut_at_the_limit_is_not_whole() -> None:
    reply, _ = _asked(Completion(["Clara"], finish="length"))
    assert (reply.text, reply.is_whole) == ("Clara", False)


@pytest.mark.parametrize(
    "completion",
    [
        Completion(["Clara"], done=False),
        Completion(["Clara"], finish=None),
        Completion(
            lines=[": a comment\n\n", 'data:{"choices":[{"delta":{"content":"Clara"}}]}\r\n\r\n', "data: [DONE]"]
        ),
        Completion(body={"choices": [{"message": {"content": "Clara"}, "finish_reason": "stop"}]}),
    ],
    ids=["no [DONE]", "no reason to finish", "other line ends", "no stream"],
)
def test_servers_may_end_a_reply_in_several_ways(completion: Completion) -> None:
    reply, _ = _asked(completion)
    assert (reply.text, reply.is_whole) == ("Clara", True)


@pytest.mark.parametrize("unknown", ["stream_options", "seed", "temperature"])
def test_an_option_that_a_server_does_not_know_is_left_out(unknown: str) -> None:
    with ModelServer("Clara", unknown=[unknown]) as server:
        assert _endpoint(server).reply(MESSAGES, max_tokens=50).text == "Clara"
    assert unknown not in server.asked[-1].body
    assert len({"stream_options", "seed", "temperature"} & server.asked[-1].body.keys()) == 2


def test_what_a_server_minds_without_saying_so_is_left_out() -> None:
    _, asked = _asked([Completion(status=422, body="no"), "Clara"])
    assert asked[-1].body.keys() == {"model", "messages", "max_tokens", "stream"}


def test_a_model_that_knows_the_limit_by_its_other_name_gets_it() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    _, asked = _asked([refusal(400, words, code="unsupported_parameter"), "Clara"])
    assert asked[-1].body["max_completion_tokens"] == 50
    assert "max_tokens" not in asked[-1].body


def test_the_only_model_needs_no_name() -> None:
    with ModelServer("Clara", models=["the one"]) as server:
        model = _endpoint(server, "")
        assert model.reply(MESSAGES, max_tokens=50).text == "Clara"
        assert server.asked[0].body["model"] == model.name == "the one"


@pytest.mark.parametrize(
    ("models", "told"),
    [(["a", "b"], r"several models: set llm_model to one of them \(a, b\)$"), ([], "no model: load one")],
)
def test_without_a_name_there_has_to_be_one_model(models: list[str], told: str) -> None:
    with ModelServer(models=models) as server, pytest.raises(LanguageModelError, match=told):
        _endpoint(server, "").reply(MESSAGES, max_tokens=50)


def test_a_model_that_is_not_there_is_told_with_those_that_are() -> None:
    with ModelServer(models=[f"m{number}" for number in range(10, 20)]) as server:
        model = _endpoint(server, "gpt")
        with pytest.raises(LanguageModelError, match=r"no model gpt: set .* \(m10, .* m17, 2 more\)$"):
            model.reply(MESSAGES, max_tokens=50)


@pytest.mark.parametrize("model", ["scripted", ""])
def test_an_address_without_its_end_is_told(model: str) -> None:
    with ModelServer() as server, pytest.raises(LanguageModelError, match="check the address, which often ends in /v1"):
        Endpoint(server.address.removesuffix("/v1"), model, window=4096, timeout=30).reply(MESSAGES, max_tokens=50)


def test_a_server_that_is_busy_is_asked_again() -> None:
    reply, asked = _asked([refusal(429, "slow", retry_after="0.01"), refusal(503, "", retry_after="0.01"), "Clara"])
    assert reply.text == "Clara"
    assert len(asked) == 3


_FAILURES: list[tuple[str, Completion]] = [
    ("does not take the key in OPENAI_API_KEY (Bad key: …)", refusal(401, f"Bad key: {KEY}")),
    ("does not take the key in OPENAI_API_KEY (not yours)", refusal(403, "not yours")),
    ("has no room for the question now, or no allowance left", refusal(429, "slow\ndown", retry_after="0.01")),
    ("failed with status 500: look at its log (bo [31m… m)", refusal(500, f"bo\x1b[31m{KEY}\nm", retry_after="0.01")),
    (
        "failed with status 502: look at its log",
        Completion(status=502, headers={"Retry-After": "0.01"}, body="<html>nginx</html>"),
    ),
    ("refused the question, status 402 (Insufficient Balance)", refusal(402, "Insufficient Balance")),
    ("answers with a web page: check the address", Completion(body="<html>Log in</html>")),
    ("broke off before the end of its reply", Completion(["Clara "] * 3, cut_after=2)),
    ("broke off before the end of its reply: ask again", Completion(["Clara"], finish=None, done=False)),
    (
        "broke off",
        Completion(status=400, headers={"Content-Length": "99", "Connection": "close"}, body={"error": "half of it"}),
    ),
    ("sent something that is no part of a reply", _events('data: {"choices": [{"delta": {"content": "Cla')),
    ("sent something that is no part of a reply", _events('data: {"choices": 3}')),
    ("failed in its reply (out of memory)", _events('data: {"error": {"message": "out of memory"}}')),
    ("failed in its reply (no such address)", Completion(body={"error": "no such address"})),
    (
        "refused to reply (I would rather not.)",
        _events('data: {"choices":[{"delta":{"refusal":"I would rather not."}}]}', "data: [DONE]"),
    ),
    ("gave an empty reply", Completion()),
    ("gave an empty reply", Completion([" \n"])),
    ("came to its limit of tokens before a word of its reply", Completion(finish="length")),
    ("kept its reply back: its content filter", Completion(["Cla"], finish="content_filter")),
    ("kept its reply back", refusal(400, "The response was filtered", code="content_filter")),
]


@pytest.mark.parametrize(("told", "script"), _FAILURES)
def test_a_failure_is_told_in_a_line_without_the_key(told: str, script: Completion) -> None:
    assert _failure(script).startswith(told)


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "request (3002 tokens) exceeds the available context size (2048 tokens), try increasing it",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        "the input length exceeds the context length",
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4500 and 500",
        "Trying to keep the first 5000 tokens when context the overflows.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
    ],
)
def test_a_prompt_that_is_too_long_is_told_in_whatever_words(words: str) -> None:
    for status in (400, 500):
        told = _failure(refusal(status, words, x_should_retry="false"))
        assert told.startswith("has no room for so long a prompt: set llm_window")
    assert _failure(refusal(400, "no", code="context_length_exceeded")).startswith("has no room for so long a prompt")


def test_nothing_is_tried_again_once_there_is_text() -> None:
    pieces: list[str] = []
    with ModelServer([Completion(["Clara ", "Voss"], cut_after=1), "Clara"]) as server:
        with pytest.raises(LanguageModelError, match="broke off"):
            _endpoint(server).reply(MESSAGES, max_tokens=50, on_text=pieces.append)
        assert len(server.asked) == 1
    assert pieces == ["Clara "]


@pytest.mark.parametrize(
    "script",
    [
        Completion(["Clara"], delay=20),
        Completion(["Clara "] * 1000, drip=0.02),
        Completion(lines=[": still here\n\n"] * 1000, drip=0.02),
        refusal(503, ""),
    ],
    ids=["silence", "words", "comments", "retries"],
)
def test_a_reply_is_no_longer_waited_for_after_the_deadline(script: Completion) -> None:
    assert _failure(script, timeout=0.3).startswith("did not end its reply within 0.3 s: set llm_timeout to more")


def test_a_server_is_not_waited_for_that_asks_for_more_time_than_there_is() -> None:
    assert _failure(refusal(429, "in an hour", retry_after="60"), timeout=30).startswith("has no room for the question")


def test_where_nothing_listens_the_address_is_told() -> None:
    with ModelServer() as server:
        gone = _endpoint(server)
    with pytest.raises(LanguageModelError, match=rf"^{server.address} cannot be reached: check that it is running"):
        gone.reply(MESSAGES, max_tokens=50)


def test_a_user_and_a_password_are_sent_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ModelServer(["Clara", refusal(400, f"who is {KEY} or me:p@ss?")]) as server:
        model = Endpoint(server.address.replace("//", "//me:p%40ss@"), window=4096, timeout=30)
        model.reply(MESSAGES, max_tokens=50)
        with pytest.raises(LanguageModelError) as failure:
            model.reply(MESSAGES, max_tokens=50)
    assert server.asked[0].headers["authorization"] == f"Basic {b64encode(b'me:p@ss').decode()}"
    shown = f"{failure.value} {model.name} {model!r} {caplog.text}"
    assert "HTTP Request" in shown
    assert not [secret for secret in ("p@ss", "p%40ss", KEY) if secret in shown]


@pytest.mark.parametrize("address", ["", "localhost:11434/v1", "ftp://me:secret@host/v1", "http://me:secret@host:x/v1"])
def test_what_is_no_address_is_told_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError, match="no address") as refused:
        Endpoint(address, window=4096, timeout=30)
    assert "secret" not in str(refused.value)


def test_a_key_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer([refusal(401, "who are you?"), "Clara"]) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "“sk-1”")
        with pytest.raises(LanguageModelError, match="OPENAI_API_KEY holds characters that no key has"):
            _endpoint(server).reply(MESSAGES, max_tokens=50)
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(LanguageModelError, match="needs a key: set OPENAI_API_KEY"):
            _endpoint(server).reply(MESSAGES, max_tokens=50)
        monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
        assert _endpoint(server).reply(MESSAGES, max_tokens=50).text == "Clara"
    assert [request.headers["authorization"] for request in server.asked] == ["Bearer none", f"Bearer {KEY}"]


def test_a_reader_that_leaves_ends_the_stream() -> None:
    def leave(text: str) -> None:
        raise TimeoutError(text)

    with ModelServer(Completion(["Clara "] * 1000, drip=0.01)) as server:
        with pytest.raises(TimeoutError, match=r"^Clara $"):
            _endpoint(server).reply(MESSAGES, max_tokens=50, on_text=leave)
        while not server.hung_up:
            sleep(0.01)


def test_a_model_can_be_asked_by_many_threads_and_within_a_running_loop() -> None:
    async def ask(model: LanguageModel) -> str:
        return model.reply(MESSAGES, max_tokens=50).text

    with ModelServer(lambda messages: messages[-1]["content"]) as server, ThreadPoolExecutor(8) as threads:
        model = _endpoint(server)
        asked = [f"Who painted tower {number}?" for number in range(24)]
        replies = threads.map(lambda text: model.reply([Message("user", text)], max_tokens=50).text, asked)
        assert list(replies) == asked
        # In a thread without a loop, which a test of the page may have left in this one.
        assert threads.submit(asyncio.run, ask(model)).result() == MESSAGES[-1].content


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert _asked("Clara")[0].text == "Clara"


def test_making_an_endpoint_loads_nothing_heavy() -> None:
    program = (
        "import sys; from rag.llm.endpoint import Endpoint; Endpoint('http://localhost/v1', window=1, timeout=1); "
        "print({'openai', 'anyio', 'pydantic', 'tiktoken', 'numpy'} & sys.modules.keys())"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
