"""Trains the reader: python -m tests.benchmarks.reader.train [--steps N] [--layers N] [--seed N] [--name NAME]

A run that was stopped goes on where it last wrote its state. On a GPU it takes minutes, on two cores some 150.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from index.home import home
from tests.benchmarks.data import require
from tests.benchmarks.reader.batches import Batch, Batches
from tests.benchmarks.reader.losses import losses, taught
from tests.benchmarks.reader.negatives import alike, mined
from tests.benchmarks.reader.network import LAYERS, Network, Read
from tests.benchmarks.reader.sets import all_items

# How often a set's items are shown in an epoch, where it is not once: what is most like what readers ask, more often.
WEIGHTS = {
    "squad": 2.0,
    "squad_gold": 4.0,
    "squadshifts_reddit": 0.6,
    "squadshifts_amazon_reviews": 0.6,
    "qamr_dev": 0.3,
    "qamr_test": 0.3,
    "tweetqa_train": 0.5,
    "bioasq6b9b_evidence": 0.7,
}
STEPS, _RATE, _WARMING, _DECAY, _LONGEST_STEP = 14_500, 1e-4, 0.06, 0.01, 1.0
# What is kept is the mean of the last steps, each weighing a little less than the one after.
_FADING = 0.998
_SAVED, _KEPT, _TOLD = 250, 1_000, 50


@dataclass(frozen=True, slots=True)
class Round:
    """A part of the training, in which the rate rises and falls.

    Args:
        first: its first step.
        rate: how high the rate rises, as a share of the highest.
        beside: how many of the wrong passages that retrieval found are shown beside a question.
    """

    first: int
    rate: float
    beside: int


# All of the gain comes as the rate falls, so it rises and falls four times (arXiv:1608.03983). The mean of what the
# last two rounds end with is better than either (arXiv:1803.05407).
_ROUNDS = (Round(0, 1.0, 3), Round(4_000, 0.6, 3), Round(9_000, 0.4, 3), Round(10_500, 0.5, 1))
_OF_MEAN = 2


def main() -> None:
    """Train, and leave the network in the project's cache."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="reader")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    require()
    folder = home() / "reader" / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    items = all_items()
    batches = Batches(items, mined(items), alike(items, arguments.seed), WEIGHTS, arguments.seed)
    train(folder, batches, arguments.steps, arguments.layers, arguments.seed)


def train(
    folder: Path,
    batches: Batches,
    steps: int,
    layers: int,
    seed: int,
    without: AbstractSet[str] = frozenset(),
    teacher: Network | None = None,
) -> None:
    """Train a network.

    Args:
        folder: where the state is, each loss by step, and in the end `network.pt`, the mean of the last two rounds.
        layers: of MiniLM's six, the first ones.
        without: losses that do not count.
        teacher: a larger network, of which it learns too.
    """
    torch.manual_seed(seed)
    rounds = _rounds(steps)
    ends = [end for _, end in rounds]
    training = _Training(layers, rounds, without, teacher)
    done = training.resume(folder / "state.pt")
    with tqdm(total=steps, initial=done, desc="Training", unit=" steps", smoothing=0.02, mininterval=20) as bar:
        seen: Counter[str] = Counter()
        for step, batch in _from(batches, rounds, done):
            seen.update(training.step(batch))
            bar.update()
            if (step + 1) % _TOLD == 0:
                told = {name: round(total / _TOLD, 4) for name, total in seen.items()}
                bar.set_postfix(told)
                with (folder / "losses.jsonl").open("a") as file:
                    file.write(json.dumps({"step": step + 1, **told}) + "\n")
                seen.clear()
            if (step + 1) % _SAVED == 0:
                training.save(folder / "state.pt", step + 1)
            if (step + 1) % _KEPT == 0 or step + 1 in ends:
                torch.save(training.mean.module.state_dict(), folder / f"network-{step + 1}.pt")
    torch.save(_mean([folder / f"network-{end}.pt" for end in ends[-_OF_MEAN:]]), folder / "network.pt")
    torch.save(training.network.state_dict(), folder / "last.pt")


class _Training:
    """The network, its running mean, and what moves it."""

    def __init__(
        self, layers: int, rounds: Sequence[tuple[Round, int]], without: AbstractSet[str], teacher: Network | None
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._without = without
        self._teacher = teacher and teacher.to(self._device).eval()
        self.network = Network.pretrained(layers).to(self._device).train()
        fading = torch.optim.swa_utils.get_ema_multi_avg_fn(_FADING)  # type: ignore[no-untyped-call]
        self.mean = torch.optim.swa_utils.AveragedModel(self.network, multi_avg_fn=fading)
        # Most words are too rare here to learn anything new of them, and a sixth of the time goes into trying.
        self.network.words.requires_grad_(False)
        learned = [weight for weight in self.network.parameters() if weight.requires_grad]
        kept = [weight for weight in learned if weight.ndim < 2]
        decayed = [weight for weight in learned if weight.ndim >= 2]
        groups = [{"params": decayed, "weight_decay": _DECAY}, {"params": kept, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=_RATE, fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: _share(step, rounds))

    def step(self, batch: Batch) -> dict[str, float]:
        """One step; what each head lost before it."""
        batch = Batch(**{each.name: getattr(batch, each.name).to(self._device) for each in fields(batch)})
        with torch.autocast(self._device.type, torch.bfloat16):
            read = self.network(batch.ids, batch.kinds, batch.mask)
            told = self._told(batch)
        read = Read(*(part.float() for part in read))
        lost = {name: value for name, value in losses(read, batch).items() if name not in self._without}
        if told is not None:
            lost["taught"] = taught(read, told, batch)
        total = torch.stack(list(lost.values())).sum()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _LONGEST_STEP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=False)
        self._schedule.step()
        self.mean.update_parameters(self.network)
        return {name: float(value.detach()) for name, value in lost.items()}

    def _told(self, batch: Batch) -> Read | None:
        """What the teacher says, where there is one."""
        if self._teacher is None:
            return None
        with torch.no_grad():
            return Read(*(part.float() for part in self._teacher(batch.ids, batch.kinds, batch.mask)))

    def save(self, file: Path, step: int) -> None:
        """Write everything that the run needs to go on."""
        part = file.with_suffix(".part")
        torch.save({"step": step, **{name: each.state_dict() for name, each in self._parts().items()}}, part)
        part.replace(file)

    def resume(self, file: Path) -> int:
        """Go on from a state, if there is one; the steps done."""
        if not file.exists():
            return 0
        state: dict[str, Any] = torch.load(file, map_location=self._device)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        return int(state["step"])

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "mean": self.mean,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }


def _rounds(steps: int) -> list[tuple[Round, int]]:
    """The rounds of so many steps, each with the step that it ends before."""
    rounds = [each for each in _ROUNDS if each.first < steps]
    return list(zip(rounds, [*(each.first for each in rounds[1:]), steps], strict=True))


def _share(step: int, rounds: Sequence[tuple[Round, int]]) -> float:
    """How much of the rate a step has."""
    this, end = next((each for each in rounds if step < each[1]), rounds[-1])
    warming = max(1, int(_WARMING * (end - this.first)))
    return this.rate * min((step + 1 - this.first) / warming, (end - step) / max(1, end - this.first - warming))


def _from(batches: Batches, rounds: Sequence[tuple[Round, int]], done: int) -> Iterator[tuple[int, Batch]]:
    """The batches of one round after another, without the first ones; each round draws anew."""
    for this, end in rounds:
        if done < end:
            epochs = (batches.epoch(number, this.beside) for number in count(this.first))
            numbered = enumerate(chain.from_iterable(epochs), this.first)
            yield from islice(numbered, max(0, done - this.first), end - this.first)


def _mean(networks: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of some networks."""
    weights = [torch.load(file, map_location="cpu") for file in networks]
    return {name: torch.stack([each[name] for each in weights]).mean(0) for name in weights[0]}


if __name__ == "__main__":
    main()
