"""What the network is taught to say."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from tests.benchmarks.reader.batches import UNKNOWN, Batch
from tests.benchmarks.reader.network import Read

_NEVER = -1e4


def losses(read: Read, batch: Batch) -> dict[str, Tensor]:
    """The mean loss of each head.

    `words` is where the answer starts and ends, or that there is none. `sentence` and `text` are whether each answers
    by itself, `sentences` and `texts` whether the answering ones come before all others of their question.
    """
    read = _of_windows(read, batch)
    sentence, owner, is_evidence = _sentences(read.evidence, batch)
    return {
        "words": (_place(read.start, batch.start, batch) + _place(read.end, batch.end, batch)) / 2,
        "sentence": functional.binary_cross_entropy_with_logits(sentence, is_evidence.float()),
        "sentences": _first(sentence, is_evidence, batch.groups[owner]),
        "text": functional.binary_cross_entropy_with_logits(read.relevance, batch.relevant),
        "texts": _first(read.relevance, batch.relevant > 0, batch.groups),
    }


def taught(read: Read, teacher: Read, batch: Batch) -> Tensor:
    """How far a network is from saying what a larger one says of the same windows (arXiv:1503.02531)."""
    read, teacher = _of_windows(read, batch), _of_windows(teacher, batch)
    sentence, _, _ = _sentences(read.evidence, batch)
    of_teacher, _, _ = _sentences(teacher.evidence, batch)
    places = [_like(*pair, batch) for pair in ((read.start, teacher.start), (read.end, teacher.end))]
    return (
        torch.stack(places).mean()
        + functional.binary_cross_entropy_with_logits(sentence, of_teacher.sigmoid())
        + functional.binary_cross_entropy_with_logits(read.relevance, teacher.relevance.sigmoid())
    )


def _of_windows(read: Read, batch: Batch) -> Read:
    """Without the rows that only fill up."""
    return Read(*(part[: len(batch.relevant)] for part in read))


def _place(logits: Tensor, wanted: Tensor, batch: Batch) -> Tensor:
    return functional.cross_entropy(_possible(logits, batch), wanted, ignore_index=UNKNOWN)


def _like(logits: Tensor, wanted: Tensor, batch: Batch) -> Tensor:
    said, told = (_possible(each, batch).log_softmax(-1) for each in (logits, wanted))
    return functional.kl_div(said, told, reduction="batchmean", log_target=True)


def _possible(logits: Tensor, batch: Batch) -> Tensor:
    """Those of the tokens where words of an answer may stand, and next to nothing elsewhere."""
    return logits.masked_fill(~batch.spans, _NEVER)


def _sentences(logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """The mean logit of each sentence's tokens, the window it is of, and whether it answers."""
    within = batch.sentences >= 0
    most = int(batch.sentences.max()) + 1
    windows = torch.arange(len(logits), device=logits.device)[:, None].expand_as(batch.sentences)
    place = (windows * most + batch.sentences)[within]
    held = torch.zeros(len(logits) * most, device=logits.device)
    counts = held.scatter_add(0, place, torch.ones_like(place, dtype=torch.float32))
    sums = held.scatter_add(0, place, logits[within])
    right = held.scatter_add(0, place, batch.evidence[within])
    there = counts > 0
    owner = torch.arange(len(held), device=logits.device) // most
    return (sums / counts.clamp(min=1))[there], owner[there], right[there] > 0


def _first(scores: Tensor, right: Tensor, groups: Tensor) -> Tensor:
    """How far all that is right is from coming before the rest of its group (a softmax over each group)."""
    of_all = _log_sum_exp(scores, groups)
    of_right = _log_sum_exp(scores.masked_fill(~right, _NEVER), groups)
    has_right = torch.zeros_like(of_all).scatter_add(0, groups, right.float()) > 0
    return (of_all - of_right)[has_right].mean() if bool(has_right.any()) else scores.sum() * 0


def _log_sum_exp(scores: Tensor, groups: Tensor) -> Tensor:
    count = int(groups.max()) + 1
    highest = torch.full((count,), _NEVER, device=scores.device).scatter_reduce(0, groups, scores.detach(), "amax")
    total = torch.zeros(count, device=scores.device).scatter_add(0, groups, torch.exp(scores - highest[groups]))
    return highest + torch.log(total + 1e-12)
