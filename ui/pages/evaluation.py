"""The evaluation page: gold questions to run and the runs that are kept, and beside them the report of the open one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import gradio as gr

from corpus.errors import BadGoldFile, RagError
from corpus.gold import GoldQuestion, load_gold
from index.location import Location
from rag.chatbot import Chatbot
from rag.library import BUNDLED_ARTICLES, paths_of
from ui.conversations import Conversations
from ui.door.accounts import Account, account_of
from ui.exports import as_gold
from ui.pages.parts import QUIETLY, html_part
from ui.render.evaluation import comparison, no_run, progress_bar, run_frame, run_heading, run_name, runs_list
from ui.render.text import notice
from ui.running import Runner
from ui.runs import Run, Runs

BUNDLED, JUDGED = "Bundled questions", "Answers judged in the chat"
_LOOK_EVERY = 0.4  # seconds, while a run is under way


class Gold(NamedTuple):
    """Gold questions, and what they are called."""

    name: str
    questions: Sequence[GoldQuestion]


class Shown(NamedTuple):
    """What an event changes on the page; what is left out stays as it is."""

    dropped: Any = gr.skip()  # the gold questions of the file that was dropped last
    gold: Any = gr.skip()  # what there is to choose from, by name
    file: Any = gr.skip()
    told: Any = gr.skip()  # what went wrong, or nothing
    progress: Any = gr.skip()
    run: Any = gr.skip()
    stop: Any = gr.skip()
    clock: Any = gr.skip()
    runs: Any = gr.skip()
    open: Any = gr.skip()  # the id of the open run, empty for none
    heading: Any = gr.skip()
    earlier: Any = gr.skip()
    comparison: Any = gr.skip()
    frame: Any = gr.skip()


class EvaluationDesk:
    """What the evaluation page does with a chatbot, with gold questions and with the runs it keeps."""

    def __init__(
        self, chatbot: Callable[[], Chatbot], index: Location, conversations: Conversations, runs: Runs
    ) -> None:
        self._chatbot = chatbot
        self._index = index
        self._conversations = conversations
        self._runs = runs
        self._runner = Runner(runs)

    def land(self, chosen: str | None, dropped: Gold | None, opened: str, request: gr.Request) -> Shown:
        """The page as it is now: what there is to run, what is running, and the open run, by default the latest."""
        account, runs = account_of(request), self._runs.all()
        run = self._runs.get(opened) or next(iter(runs), None)
        if run and run.id == opened:
            shown = Shown(runs=self._list(account, opened), earlier=self._earlier(run))
        else:
            shown = self.show(account, run)
        file = gr.File(visible=account.is_editor)
        return self._watching(account, shown._replace(gold=self._choices(account, chosen, dropped), file=file))

    def take(self, file: str, request: gr.Request) -> Shown:
        """The questions of a file that was dropped, chosen to be run; a line where it is no gold file."""
        account = account_of(request)
        if not account.is_editor:
            return _refused(account)
        path = Path(file)
        try:
            dropped = Gold(path.name, load_gold(path))
        except BadGoldFile as error:
            # Where it was put on this machine tells the reader nothing.
            return Shown(file=None, told=notice(str(error).replace(str(path), path.name)))
        finally:
            path.unlink(missing_ok=True)
        return Shown(dropped, self._choices(account, dropped.name, dropped), None, told="")

    def start(self, chosen: str | None, dropped: Gold | None, request: gr.Request) -> Shown:
        """Run the questions that are chosen; a line where that cannot be done now."""
        told, account = "", account_of(request)
        if not account.is_editor:
            return _refused(account)
        try:
            gold = next((item for item in self._at_hand(account, dropped) if item.name == chosen), None)
            if gold:
                self._runner.start(gold.name, gold.questions, self._chatbot())
            else:
                told = notice("Pick the questions to run, or drop a file of them.")
        except RagError as error:
            told = notice(str(error))
        return self._watching(account, Shown(told=told))

    def stop(self, request: gr.Request) -> Shown:
        """End the run under way."""
        account = account_of(request)
        if not account.is_editor:
            return _refused(account)
        self._runner.stop()
        return Shown(stop=gr.Button(interactive=False))

    def watch(self, request: gr.Request) -> Shown:
        """How far the run under way is; at its end, what came of it."""
        if progress := self._runner.progress:
            return Shown(progress=progress_bar(progress))
        account, ended = account_of(request), self._runner.ended
        shown = self.show(account, ended) if isinstance(ended, Run) else Shown(told=notice(ended))
        return self._watching(account, shown)

    def show(self, account: Account, run: Run | None) -> Shown:
        """An open run, or none, to an account."""
        if run is None:
            return Shown(
                runs=self._list(account, ""),
                open="",
                heading=no_run(),
                earlier=gr.Dropdown(visible=False),
                comparison="",
                frame="",
            )
        return Shown(
            runs=self._list(account, run.id),
            open=run.id,
            heading=run_heading(run),
            earlier=self._earlier(run),
            comparison="",
            frame=run_frame(run),
        )

    def open(self, event: gr.EventData, request: gr.Request) -> Shown:
        """Another run."""
        return self.show(account_of(request), self._runs.get(str(event.run)))

    def delete(self, opened: str, event: gr.EventData, request: gr.Request) -> Shown:
        """The page without a run."""
        account = account_of(request)
        if not account.is_editor:
            return _refused(account)
        self._runs.delete(str(event.run))
        run = self._runs.get(opened)
        if run is None:
            return self.show(account, None)
        return Shown(runs=self._list(account, opened), earlier=self._earlier(run))

    def compare(self, before: str | None, after: str) -> Iterator[str]:
        """How the open run differs from an earlier one; a line where they cannot be compared."""
        if not before:
            yield ""
            return
        yield '<p class="evaluation quiet">Comparing …</p>'
        try:
            yield comparison(self._runs.compare(before, after))
        except RagError as error:
            yield notice(str(error))

    def _list(self, account: Account, opened: str) -> str:
        return runs_list(self._runs.all(), opened, read_only=not account.is_editor)

    def _watching(self, account: Account, shown: Shown) -> Shown:
        """The same, with what only shows while a run is under way."""
        progress = self._runner.progress
        return shown._replace(
            progress=progress_bar(progress) if progress else "",
            run=gr.Button(visible=account.is_editor and not progress),
            stop=gr.Button(visible=account.is_editor and bool(progress), interactive=True),
            clock=gr.Timer(active=bool(progress)),
        )

    def _choices(self, account: Account, chosen: str | None, dropped: Gold | None) -> Any:
        at_hand = self._at_hand(account, dropped) if account.is_editor else []
        names = [gold.name for gold in at_hand]
        labels = [f"{gold.name} ({len(gold.questions):,})" for gold in at_hand]
        value = chosen if chosen in names else next(iter(names), None)
        return gr.Radio(list(zip(labels, names, strict=True)), value=value, visible=bool(names))

    def _at_hand(self, account: Account, dropped: Gold | None) -> list[Gold]:
        """What there is to run: the file that was dropped, and what the project and the account have made."""
        judged = _judged(self._conversations.of(account.name))
        found = [dropped, _bundled(self._index), Gold(JUDGED, judged) if judged else None]
        return [gold for gold in found if gold]

    def _earlier(self, run: Run) -> Any:
        """The runs before one, to compare it with."""
        earlier = [(run_name(item), item.id) for item in self._runs.all() if item.made < run.made]
        return gr.Dropdown([("nothing", ""), *earlier], value="", visible=bool(earlier))


def _refused(account: Account) -> Shown:
    """A line for whoever may only look at runs."""
    return Shown(file=None, told=notice(account.refusal))


def _bundled(index: Location) -> Gold | None:
    """The gold questions about the bundled articles, if the index holds those."""
    try:
        is_bundled = BUNDLED_ARTICLES in paths_of(index)
    except RagError:
        return None
    return Gold(BUNDLED, load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl"))) if is_bundled else None


def _judged(conversations: Conversations) -> list[GoldQuestion]:
    """What the reader's verdicts say is right."""
    text = as_gold(conversations.judged())
    if not text:
        return []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "judged.jsonl"
        file.write_text(text, "utf-8")
        return load_gold(file)


def evaluation_page(tab: gr.Tab, desk: EvaluationDesk) -> None:
    """Lay the page out inside a tab; it is filled in when that is opened."""
    with gr.Row(elem_id="bench"):
        with gr.Column(elem_id="bench-side", min_width=0):
            gold = gr.Radio([], label="Gold questions", elem_id="gold", visible=False)
            file = gr.File(show_label=False, elem_id="gold-file", height=64)
            run = gr.Button("Run", variant="primary", elem_id="run")
            stop = gr.Button("Stop", visible=False, elem_id="stop")
            told = gr.HTML(elem_id="run-told", apply_default_css=False)
            progress = gr.HTML(elem_id="run-progress", apply_default_css=False)
            runs = html_part("runs", uses=["sure"])
        with gr.Column(elem_id="bench-open", min_width=0):
            heading = gr.HTML(elem_id="run-heading", apply_default_css=False)
            earlier = gr.Dropdown([], label="Compare with", elem_id="earlier", filterable=False, visible=False)
            compared = gr.HTML(elem_id="compared", apply_default_css=False)
            frame = gr.HTML(elem_id="run-frame", apply_default_css=False)
    dropped, opened = gr.State(), gr.State("")
    clock = gr.Timer(_LOOK_EVERY, active=False)
    filled = [
        *Shown(dropped, gold, file, told, progress, run, stop, clock, runs, opened, heading, earlier, compared, frame)
    ]
    file.upload(desk.take, file, filled, queue=False, **QUIETLY)
    run.click(desk.start, [gold, dropped], filled, queue=False, **QUIETLY)
    stop.click(desk.stop, None, filled, queue=False, **QUIETLY)
    clock.tick(desk.watch, None, filled, queue=False, **QUIETLY)
    runs.open(desk.open, None, filled, queue=False, **QUIETLY)
    runs.delete(desk.delete, opened, filled, queue=False, **QUIETLY)
    earlier.input(desk.compare, [earlier, opened], compared, **QUIETLY)
    tab.select(desk.land, [gold, dropped, opened], filled, queue=False, **QUIETLY)
