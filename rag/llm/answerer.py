"""Answers that a language model writes and the engine checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus.errors import LanguageModelError
from index.article_index import ArticleIndex
from rag.agreement.disagreement import Disagreement, find_disagreement
from rag.answer import REFUSAL, Answer, ModelUse
from rag.answerer import OnToken
from rag.citing import cite
from rag.conversation import Turn
from rag.evidence import rank_sentences
from rag.extractive import ExtractiveAnswerer
from rag.llm.draft import Draft, numbered
from rag.llm.marks import ReplyReader, Written
from rag.llm.model import LanguageModel, Reply, unheard
from rag.llm.prompt import answering
from rag.llm.rewriter import rewrite
from rag.question import Question
from rag.reading import Reading
from rag.settings import STRICT, Settings
from rag.verification import Verifier

UNNAMED = "language model"
# Tokens that a reply may have: four sentences and their marks take some 150, what a model thinks aloud takes more.
_MAX_TOKENS = 800


class LanguageModelAnswerer:
    """The model writes from the passages; each of its sentences is tied to the words it rests on, and checked.

    Where the extractive answer is a refusal the model is not asked, and where it fails, that answer is given.
    """

    def __init__(self, index: ArticleIndex, settings: Settings, model: LanguageModel) -> None:
        # Not an address, which receipts and exports would carry away.
        self.name = settings.llm_model or (UNNAMED if "://" in model.name else model.name)
        self._index = index
        self._model = model
        self._is_strict = settings.verification == STRICT
        self._extractive = ExtractiveAnswerer(index, settings)
        self._verifier = Verifier(index)

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        """See `Answerer.answer`; the text comes by sentences, each of them checked."""
        quoted = self._extractive.answer(question, readings)
        tell = on_token or unheard
        if quoted.abstained:
            tell(quoted.text)
            return quoted
        try:
            answer = self._written(question, readings, quoted, tell)
        except LanguageModelError as error:
            return replace(quoted, model=ModelUse(self._model.name, str(error)))
        if answer.abstained:
            tell(answer.text)
        return answer

    def rewrite(self, question: str, history: Sequence[Turn]) -> tuple[str, ModelUse]:
        """See `rag.llm.rewriter.rewrite`."""
        return rewrite(question, history, self._model)

    def _written(self, question: Question, readings: Sequence[Reading], quoted: Answer, tell: OnToken) -> Answer:
        """The answer of the model; a refusal where nothing of it can be kept."""
        prompt = answering(question.standalone, readings, self._index, room=self._model.window - _MAX_TOKENS)
        quotable = {item.place for item in quoted.citations}
        draft = Draft(prompt.readings, self._verifier, quotable, strict=self._is_strict)
        reader = ReplyReader()

        def check(sentences: Sequence[Written]) -> None:
            for sentence in sentences:
                if kept := draft.add(sentence):
                    tell(f" {kept.text}" if len(draft.kept) > 1 else kept.text)

        reply = self._model.reply(
            prompt.messages, max_tokens=_MAX_TOKENS, on_text=lambda piece: check(reader.feed(piece))
        )
        check(reader.close(is_whole=reply.is_whole))
        if not draft.kept:
            return self._answer(draft, reply, quoted, None)
        # The model may have read one side only.
        disagreement = find_disagreement(question, rank_sentences(question, readings), self._index)
        answer = self._answer(draft, reply, quoted, disagreement)
        if disagreement:
            tell(f" {answer.sentences[-1].text}")
        return answer

    def _answer(self, draft: Draft, reply: Reply, quoted: Answer, disagreement: Disagreement | None) -> Answer:
        candidates, sentences = numbered(draft.kept, disagreement.candidates if disagreement else ())
        citations = cite(candidates, self._index)
        if disagreement:
            sentences = (*sentences, disagreement.said(citations))
        return replace(
            quoted,
            text=" ".join(sentence.text for sentence in sentences) or REFUSAL,
            sentences=sentences,
            citations=citations,
            withheld=() if sentences else quoted.citations,
            abstained=not sentences,
            answered_by=self.name,
            model=draft.use(self._model.name, reply),
        )
