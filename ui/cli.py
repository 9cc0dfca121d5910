"""The command line: `rag index`, `info`, `ask`, `chat`, `check`, `verify`, `eval` and `compare`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import BadFilter, RagError
from index.location import location
from ui.progress import BYTES, bars

if TYPE_CHECKING:
    from index.build import Report
    from index.location import Location
    from index.manifest import Part
    from rag.answer import Answer
    from rag.settings import Settings
    from ui.serving.server_settings import ServerSettings

# Everything else is imported by the command that needs it, so that `--help` is there at once.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its status; what goes wrong is one line on standard error, and status 2."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except RagError as error:
        print(f"rag: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("rag: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever was reading has had enough, as in `rag ask … | head -1`.
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rag", description="Ask a folder of articles; every sentence of an answer is proved by its source."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--index",
        "--store",
        type=location,
        metavar="DIR|milvus+URI",
        help="the index's folder, or a Milvus server or file (default: .rag, or the bundled one)",
    )
    shared.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (default: rag.toml)")

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument(
        "--reader",
        choices=("own", "none"),
        help="whether the best passages are read together with the question, which takes longer (default: own)",
    )
    model.add_argument(
        "--llm",
        metavar="URL|FILE",
        help="a language model to write the answers: an endpoint's address, or a .gguf file",
    )
    model.add_argument("--model", dest="llm_model", metavar="NAME", help="the model's name at the endpoint")
    model.add_argument(
        "--verify",
        dest="verification",
        choices=("strict", "flag"),
        help="replace or drop what its sources do not support, or keep and mark it (default: strict)",
    )

    index = commands.add_parser("index", parents=[shared], help="make an index, or bring it up to date")
    index.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders (default: those it has)")
    index.add_argument("--rebuild", action="store_true", help="make the index anew")
    index.add_argument("--prune", action="store_true", help="let articles go whose files are gone")
    index.add_argument("--model", help="a sentence-transformers model, by name or folder")
    index.add_argument(
        "--engine",
        default="",
        metavar="ray[://HOST:PORT]",
        help="what embeds: Ray, here or on a cluster (default: this process)",
    )
    index.set_defaults(run=_index)

    info = commands.add_parser("info", parents=[shared], help="what an index holds")
    info.add_argument("--json", action="store_true", help="as JSON")
    info.set_defaults(run=_info)

    ask = commands.add_parser("ask", parents=[shared, model], help="ask one question")
    ask.add_argument("question", nargs="+", help="the question")
    ask.add_argument("--json", action="store_true", help="as JSON")
    ask.add_argument("-k", type=int, metavar="N", dest="passages", help="how many passages to read")
    ask.add_argument("--source", action="append", default=[], help="only articles of a source; may be given again")
    ask.add_argument("--since", metavar="DATE", help="only articles of this date or later: 2024, 2024-06 or 2024-06-15")
    ask.add_argument("--until", metavar="DATE", help="only articles of this date or earlier")
    ask.set_defaults(run=_ask)

    chat = commands.add_parser("chat", parents=[shared, model], help="open the chat page")
    chat.add_argument("--host", help="the address to listen at (default: 127.0.0.1)")
    chat.add_argument("--port", type=int, help="the port (default: 7860, or the next one free)")
    chat.add_argument("--auth", metavar="FILE", help="let in only the accounts of a file, each name:role:password")
    chat.add_argument(
        "--no-auth", action="store_true", default=None, help="let in everyone, even where other machines reach the page"
    )
    chat.add_argument(
        "--read-only", action="store_true", default=None, help="let nobody change the articles or run evaluations"
    )
    chat.add_argument(
        "--mcp", action="store_true", default=None, help="also offer `ask`, `search` and `article` as MCP tools"
    )
    chat.add_argument(
        "--log",
        choices=("quiet", "text", "json"),
        help="what to say on standard error: what goes wrong, or also a line of each request (default: quiet)",
    )
    chat.set_defaults(run=_chat)

    check = commands.add_parser("check", parents=[shared], help="whether the articles still say what a receipt quotes")
    check.add_argument("receipt", type=Path, metavar="RECEIPT", help="a receipt of an answer (.json)")
    check.add_argument("--json", action="store_true", help="as JSON")
    check.set_defaults(run=_check)

    verify = commands.add_parser("verify", parents=[shared], help="whether an index still is what was written")
    verify.add_argument("--json", action="store_true", help="as JSON")
    verify.set_defaults(run=_verify)

    evaluate = commands.add_parser("eval", parents=[shared, model], help="measure the answers to gold questions")
    gold = evaluate.add_mutually_exclusive_group(required=True)
    gold.add_argument(
        "gold", nargs="*", default=[], type=Path, metavar="GOLD", help="gold questions (.jsonl, or SQuAD's .json)"
    )
    gold.add_argument("--beir", type=Path, metavar="DIR", help="a BEIR folder: its queries, asked of its documents")
    evaluate.add_argument(
        "--articles",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="articles to ask of, indexed first on their own; may be given again",
    )
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the whole run to a file")
    evaluate.add_argument("--report", type=Path, metavar="FILE", help="write a page that shows the run (.html)")
    evaluate.set_defaults(run=_eval)

    compare = commands.add_parser("compare", help="whether one run of the evaluation is better than another")
    compare.add_argument("before", type=Path, metavar="BEFORE", help="a run that `rag eval --json` wrote")
    compare.add_argument("after", type=Path, metavar="AFTER", help="another, over the same questions")
    compare.set_defaults(run=_compare)
    return parser


def _index(options: argparse.Namespace) -> None:
    from rag.library import paths_of, target_index, update_index

    settings = _settings(options, model=options.model)
    folder = target_index(options.index, options.paths)
    paths = options.paths or paths_of(folder, rebuild=options.rebuild)
    with bars(BYTES) as progress:
        report = update_index(
            paths,
            folder,
            settings,
            engine=options.engine,
            rebuild=options.rebuild,
            prune=options.prune,
            progress=progress,
        )
    _tell(report, folder)


def _tell(report: Report, folder: Location) -> None:
    for error in report.skipped:
        print(f"skipped {error}", file=sys.stderr)
    for name in report.missing:
        print(f"{name}: its file is gone; `rag index --prune --index {folder}` lets it go", file=sys.stderr)
    counts = ("added", "updated", "removed", "unchanged")
    done = ", ".join(f"{len(getattr(report, name))} {name}" for name in counts if getattr(report, name))
    print(f"{folder}: {done or 'nothing new'}; {report.embedded_passages} passages embedded")


def _info(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from index.location import absolute
    from index.store import store_at
    from rag.library import ready_index

    settings = _settings(options)
    place = ready_index(options.index, settings)
    manifest = store_at(place).current()
    known = {
        "index": str(absolute(place)),
        "generation": manifest.generation,
        "created": manifest.created,
        "articles": manifest.articles,
        "passages": manifest.passages,
        "searched": list(map(_searched, manifest.parts)),
        "bytes": sum(checksum.size for checksum in manifest.files.values()),
        "made from": list(manifest.roots),
        "left out": list(manifest.excluded),
        **asdict(manifest.recipe),
        "settings": settings.described(),
        "server": _server_settings(options).described(),
    }
    if options.json:
        print(json.dumps(known, indent=1, ensure_ascii=False))
        return
    for name, value in known.items():
        if value:
            print(f"{name:11} {_listed(value)}")


def _listed(value: Any) -> str:
    """A value of what is known, or several of them, in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items() if item != "")
    return ", ".join(value) if isinstance(value, list) else str(value)


def _searched(part: Part) -> str:
    """How the vectors of a part of an index are searched."""
    if part.search is None:
        return f"{part.passages} exactly"
    return f"{part.passages} by {part.search.kind}, {part.search.nprobe} lists, recall {part.search.recall:.3f}"


def _ask(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from index.filters import Filters
    from rag.chatbot import Chatbot

    filters = Filters(options.source, options.since, options.until)
    with bars(BYTES) as progress:
        chatbot = Chatbot.open(options.index, _settings(options, passages=options.passages), progress=progress)
    if filters.sources:
        _check_sources(filters.sources, chatbot.index.sources())
    answer = chatbot.ask(" ".join(options.question), filters=filters)
    print(json.dumps(asdict(answer), indent=1, ensure_ascii=False) if options.json else _text(answer))
    if answer.model and answer.model.failure:
        print(f"rag: {answer.model.failure}; this is the extractive answer", file=sys.stderr)


def _text(answer: Answer) -> str:
    """The answer as text; in a terminal, with the short answer in bold."""
    text = str(answer)
    for sentence in answer.sentences if sys.stdout.isatty() else ():
        before, words, after = answer.stressed(sentence)
        if words:
            text = text.replace(sentence.text, f"{before}\033[1m{words}\033[0m{after}", 1)
    return text


def _check_sources(wanted: Collection[str], known: Sequence[str]) -> None:
    """A slip in a source's name must not look as if its articles did not hold the answer."""
    if unknown := sorted(set(wanted) - set(known)):
        names = f"its sources are {', '.join(known)}" if known else "its articles name no source"
        raise BadFilter(f"no article of the index is from {', '.join(unknown)}: {names}")


def _chat(options: argparse.Namespace) -> None:
    from corpus.errors import IndexNotFound
    from index.store import store_at
    from rag.current import CurrentChatbot
    from rag.library import ready_index
    from ui.door.accounts import accounts_for

    settings, server = _settings(options), _server_settings(options)
    # Before an index is made, not after it.
    accounts_for(server)
    if settings.llm:
        from rag.llm.load import load

        load(settings)
    with bars(BYTES) as progress:
        place = ready_index(options.index, settings, progress)
    # One that is there and cannot be read is explained on the page, which can make it anew.
    if not store_at(place).exists():
        raise IndexNotFound(place)
    from ui.serving.server import serve

    serve(CurrentChatbot(place, settings), server)


def _check(options: argparse.Namespace) -> int:
    from index.store import store_at
    from rag.library import ready_index
    from rag.receipt import Receipt, check
    from ui.checking import as_json, as_text

    receipt = Receipt.read(options.receipt)
    checks = check(receipt, store_at(ready_index(options.index, _settings(options))).open())
    print(as_json(checks) if options.json else as_text(checks))
    return 0 if all(item.is_said for item in checks) else 1


def _verify(options: argparse.Namespace) -> int:
    from corpus.errors import IndexDamaged
    from index.location import absolute
    from index.store import store_at
    from rag.library import ready_index

    place = ready_index(options.index, _settings(options))
    known: dict[str, object] = {"index": str(absolute(place))}
    try:
        with bars(BYTES) as progress:
            manifest = store_at(place).verify(progress)
    except IndexDamaged as error:
        if not options.json:
            raise
        print(json.dumps({**known, "sound": False, "file": str(error.file), "error": str(error)}, ensure_ascii=False))
        return 2
    counts = {
        "articles": manifest.articles,
        "passages": manifest.passages,
        "files": len(manifest.files),
        "bytes": sum(checksum.size for checksum in manifest.files.values()),
    }
    if options.json:
        print(json.dumps({**known, "sound": True, "generation": manifest.generation, **counts}, ensure_ascii=False))
    else:
        print(f"{place} is sound: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}")
    return 0


def _eval(options: argparse.Namespace) -> None:
    from ui.evaluating import run_eval

    run_eval(options, _settings(options))


def _compare(options: argparse.Namespace) -> int:
    from ui.evaluating import run_compare

    return run_compare(options)


def _settings(options: argparse.Namespace, **arguments: object) -> Settings:
    from rag.settings import Settings

    written = {name: getattr(options, name, None) for name in ("reader", "llm", "llm_model", "verification")}
    return Settings.load(options.settings, **written, **arguments)


def _server_settings(options: argparse.Namespace) -> ServerSettings:
    from ui.serving.server_settings import ServerSettings

    names = ("host", "port", "auth", "no_auth", "read_only", "mcp", "log")
    return ServerSettings.load(options.settings, **{name: getattr(options, name, None) for name in names})


if __name__ == "__main__":
    sys.exit(main())
