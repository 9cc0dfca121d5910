"""The endpoints as gradio's client meets them, and as tools of an assistant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, Tool

from corpus.errors import MissingDependency
from rag import Chatbot, Settings
from tests.rag.llm.model_server import Completion, ModelServer, refusal
from tests.ui.serving import CATS, LAMP, UNKNOWN, built, come_to, served
from ui.api import add_endpoints, require_mcp

# Without types of its own.
gradio_client = import_module("gradio_client")
ENDPOINTS = {"ask", "search", "article"}


@pytest.fixture(scope="module")
def chatbot(tmp_path_factory: pytest.TempPathFactory) -> Chatbot:
    return Chatbot.open(built(tmp_path_factory.mktemp("api")))


@pytest.fixture(scope="module")
def current(chatbot: Chatbot) -> list[Chatbot]:
    """The chatbot that is asked is the last of these."""
    return [chatbot]


@pytest.fixture(scope="module")
def address(current: list[Chatbot]) -> Iterator[str]:
    """A page of one button, whose event goes by a name of the endpoints, with these and an MCP server."""

    def ask() -> None:
        """What the page does is no endpoint."""

    with gr.Blocks(analytics_enabled=False) as page:
        add_endpoints(lambda: current[-1], current[-1].settings.passages)
        gr.Button().click(ask, api_visibility="private")
    with served(gr.mount_gradio_app(FastAPI(), page, "/", mcp_server=True)) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Any:
    return gradio_client.Client(address, verbose=False, analytics_enabled=False)


def _tools(address: str) -> list[Tool]:
    async def listed(session: ClientSession) -> list[Tool]:
        return (await session.list_tools()).tools

    tools: list[Tool] = come_to(_in_session(address, listed))
    return tools


def _call(address: str, tool: str, **arguments: Any) -> CallToolResult:
    async def called(session: ClientSession) -> CallToolResult:
        return await session.call_tool(tool, arguments)

    result: CallToolResult = come_to(_in_session(address, called))
    return result


async def _in_session(address: str, act: Any) -> Any:
    async with (
        streamable_http_client(f"{address}/gradio_api/mcp/") as (receive, send, _),
        ClientSession(receive, send) as session,
    ):
        await session.initialize()
        return await act(session)


def _text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_nothing_but_the_three_endpoints_is_shown(client: Any) -> None:
    known: Any = client.view_api(return_format="dict")
    assert set(known["named_endpoints"]) == {f"/{name}" for name in ENDPOINTS}
    assert not known["unnamed_endpoints"]
    ask = known["named_endpoints"]["/ask"]
    assert ask["description"].startswith("Answer a question from the articles")
    types = {item["parameter_name"]: item["python_type"]["type"] for item in ask["parameters"]}
    assert types == {
        "question": "str",
        "history": "list[list[str]]",
        "sources": "list[str]",
        "since": "str",
        "until": "str",
        "passages": "int",
    }
    assert [item["parameter_name"] for item in ask["parameters"] if not item["parameter_has_default"]] == ["question"]


def test_an_answer_has_citations_exact_to_the_character(client: Any, chatbot: Chatbot) -> None:
    result = client.predict(LAMP, api_name="/ask")
    assert result["answer"] == chatbot.ask(LAMP).text
    assert result["abstained"] is False
    cited = {citation["number"]: citation for citation in result["citations"]}
    for sentence in result["sentences"]:
        for number in sentence["citations"]:
            place = cited[number]
            article = client.predict(place["article_id"], api_name="/article")
            assert article["text"][place["start"] : place["end"]] == place["quote"]
    assert cited[1]["url"] == article["url"] == "https://example.org/lamp"
    short = result["short"]
    assert short["text"] in result["answer"]
    source = client.predict(short["article_id"], api_name="/article")["text"]
    assert source[short["start"] : short["end"]] == short["text"]
    assert result["nearest"] == []
    assert result["model"] is None
    assert {sentence["standing"] for sentence in result["sentences"]} == {"supported"}


@pytest.fixture
def model(current: list[Chatbot]) -> Iterator[ModelServer]:
    """A language model that writes, for one test, one sentence that holds and one that does not."""
    script = [Completion(["The tower was painted by Clara Voss in 1921. [1] Napoleon was born in Corsica."])]
    with ModelServer([*script, refusal(500, "down", x_should_retry="false")]) as server:
        current.append(Chatbot(current[0].index, Settings(llm=server.address, verification="flag")))
        yield server
        current.pop()


def test_it_says_how_far_a_models_sentences_are_supported_and_what_became_of_the_model(
    client: Any, address: str, model: ModelServer
) -> None:
    result = client.predict("Who painted the tower?", api_name="/ask")
    painted, born = result["sentences"]
    assert (painted["standing"], painted["citations"]) == ("supported", [1])
    assert (born["standing"], born["citations"]) == ("unsupported", [])
    assert born["support"] < 0.3 < painted["support"]
    counts = {name: result["model"][name] for name in ("name", "failure", "sentences", "unsupported", "prompt_tokens")}
    assert counts == {"name": "scripted", "failure": "", "sentences": 2, "unsupported": 1, "prompt_tokens": 7}
    failed = json.loads(_text(_call(address, "ask", question="Who painted the tower?")))
    assert "failed with status 500" in failed["model"]["failure"]
    assert {sentence["standing"] for sentence in failed["sentences"]} == {"supported"}


def test_a_refusal_has_the_nearest_passages(client: Any) -> None:
    result = client.predict(UNKNOWN, api_name="/ask")
    assert result["abstained"] is True
    assert result["citations"] == []
    assert {passage["article_id"] for passage in result["nearest"]} == {"cats", "lamp"}


def test_a_follow_up_is_completed_from_the_history(client: Any) -> None:
    result = client.predict("And who painted it?", [[LAMP, "Because of radio beacons."]], api_name="/ask")
    assert result["standalone"] == f"{LAMP} And who painted it?"
    assert "Clara Voss" in result["answer"]


def test_a_search_gives_passages_best_first(client: Any) -> None:
    found = client.predict(CATS, api_name="/search")["passages"]
    assert [passage["article_id"] for passage in found] == ["cats", "lamp"]
    assert found[0]["score"] > found[1]["score"]
    article = client.predict("cats", api_name="/article")
    assert article["text"][found[0]["start"] : found[0]["end"]] == found[0]["text"]
    assert len(client.predict(CATS, k=1, api_name="/search")["passages"]) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"sources": ["Pets"]}, {"cats"}),
        ({"sources": ["Pets", "Coast"]}, {"cats", "lamp"}),
        ({"since": "2022"}, {"cats"}),
        ({"until": "2021-05-01"}, {"lamp"}),
        ({"since": "2024"}, set()),
        ({"sources": ["Elsewhere"]}, set()),
    ],
)
def test_only_articles_that_pass_the_filters_are_asked(client: Any, filters: dict[str, Any], found: set[str]) -> None:
    passages = client.predict(CATS, **filters, api_name="/search")["passages"]
    assert {passage["article_id"] for passage in passages} == found
    assert client.predict(CATS, **filters, api_name="/ask")["abstained"] is ("cats" not in found)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "message"),
    [
        ("ask", {"question": " "}, "the question is empty"),
        ("ask", {"question": 5}, "question: Input should be a valid string"),
        ("ask", {"question": LAMP, "passages": 0}, "passages is 0: set it between 1 and 100"),
        ("ask", {"question": LAMP, "history": [["alone"]]}, "a turn of the history is not a pair"),
        ("ask", {"question": LAMP, "history": "before"}, "history: Input should be a valid tuple"),
        ("ask", {"question": LAMP, "since": "soon"}, "since is 'soon': give a date"),
        ("search", {"question": LAMP, "k": 1000}, "k is 1000: set it between 1 and 100"),
        ("search", {"question": LAMP, "since": "2024", "until": "2023"}, "2024 comes after 2023"),
        ("article", {"article_id": "dogs"}, "there is no article dogs"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(client: Any, endpoint: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(gradio_client.exceptions.AppError) as told:
        client.predict(**arguments, api_name=f"/{endpoint}")
    assert str(told.value).startswith(message)
    assert "\n" not in str(told.value)


def test_the_tools_of_an_assistant_are_the_same_three_and_explained(address: str) -> None:
    tools = {tool.name: tool for tool in _tools(address)}
    assert set(tools) == ENDPOINTS
    for tool in tools.values():
        assert tool.description
        assert all(known["description"] for known in tool.inputSchema["properties"].values())
    assert tools["ask"].inputSchema["required"] == ["question"]
    assert tools["ask"].inputSchema["properties"]["passages"]["default"] == 12


def test_an_assistant_gets_the_same_answer_as_json(address: str, client: Any) -> None:
    result = _call(address, "ask", question=LAMP)
    assert not result.isError
    assert json.loads(_text(result)) == client.predict(LAMP, api_name="/ask")
    assert json.loads(_text(_call(address, "search", question=CATS, k=1)))["passages"][0]["article_id"] == "cats"
    assert json.loads(_text(_call(address, "article", article_id="cats")))["title"] == "Cats"


def test_an_assistant_is_told_what_is_wrong(address: str) -> None:
    result = _call(address, "article", article_id="dogs")
    assert result.isError
    assert _text(result) == "there is no article dogs: take an id from a citation or a passage"


def test_a_server_for_assistants_without_its_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_mcp()
    monkeypatch.setattr("ui.api.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r'pip install "gradio\[mcp\]"') as missing:
        require_mcp()
    assert missing.value.package == "mcp"
