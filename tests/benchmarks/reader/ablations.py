"""Trains the reader shortly, each time without something, and judges it: python -m tests.benchmarks.reader.ablations

What was trained is kept, so a run that was stopped goes on: some ten minutes each on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from index.home import home
from tests.benchmarks.data import require
from tests.benchmarks.reader import judge
from tests.benchmarks.reader.batches import Batches, Shares
from tests.benchmarks.reader.export import last_trained, load
from tests.benchmarks.reader.negatives import alike, mined
from tests.benchmarks.reader.network import LAYERS
from tests.benchmarks.reader.sets import BIOASQ, Item, all_items
from tests.benchmarks.reader.train import WEIGHTS, train

_STEPS, _SEED = 800, 0


@dataclass(frozen=True)
class Variant:
    """How one training differs.

    Args:
        sets: those that are left out; with `only`, those that are kept.
        losses: those that do not count.
        mined: whether passages found by retrieval are shown beside those that answer.
        taught: whether the network that is shipped teaches it.
    """

    sets: frozenset[str] = frozenset()
    only: bool = False
    shares: Shares = field(default_factory=Shares)
    losses: frozenset[str] = frozenset()
    layers: int = LAYERS
    mined: bool = True
    taught: bool = False


@dataclass(frozen=True)
class Shown:
    """What all of them are trained on, found once."""

    items: Sequence[Item]
    mined: Mapping[str, Sequence[Item]]
    alike: Mapping[int, Item]


_SQUAD = frozenset({"squad", "squad_sentences", "squad_gold"})
VARIANTS: Mapping[str, Variant] = MappingProxyType({
    "all": Variant(),
    "only SQuAD": Variant(sets=_SQUAD, only=True),
    "without BioASQ": Variant(sets=frozenset({BIOASQ})),
    "without SQuAD 2.0": Variant(sets=frozenset({"squad_gold"})),
    "without mined passages": Variant(mined=False),
    "without twisted questions": Variant(shares=Shares(twisted=0)),
    "without statements": Variant(shares=Shares(stated=0)),
    "windows of 1 to 4 sentences": Variant(shares=Shares(brief=1)),
    "windows of 5 to 20 sentences": Variant(shares=Shares(brief=0)),
    "without the words' head": Variant(losses=frozenset({"words"})),
    "without the sentences' head": Variant(losses=frozenset({"sentence", "sentences"})),
    "without comparing": Variant(losses=frozenset({"sentences", "texts"})),
    "4 layers": Variant(layers=4),
    "4 layers, taught": Variant(layers=4, taught=True),
})  # fmt: skip


def main() -> None:
    """Train and judge all variants, or some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variants", nargs="*", choices=[*VARIANTS, []], metavar="VARIANT")
    parser.add_argument("--steps", type=int, default=_STEPS)
    arguments = parser.parse_args()
    wanted = arguments.variants or list(VARIANTS)
    if any(VARIANTS[name].taught for name in wanted) and not last_trained().exists():
        parser.error(f"{last_trained()} is to teach and is not there: train it first (make reader)")
    require()
    items = all_items()
    shown = Shown(items, mined(items), alike(items, _SEED))
    judge.print_figures((name, _trained(name, shown, arguments.steps)) for name in wanted)


def _trained(name: str, shown: Shown, steps: int) -> Path:
    """The network of a variant after its last step; a mean of steps would be one of most of them."""
    variant = VARIANTS[name]
    folder = home() / "reader" / "ablations" / f"{name}, {steps} steps"
    if not (folder / "last.pt").exists():
        folder.mkdir(parents=True, exist_ok=True)
        left_out = {item.source for item in shown.items if (item.source in variant.sets) != variant.only}
        weights = {**WEIGHTS, **dict.fromkeys(left_out, 0.0)}
        found = shown.mined if variant.mined else {}
        batches = Batches(shown.items, found, shown.alike, weights, _SEED, variant.shares)
        teacher = load(last_trained()) if variant.taught else None
        train(folder, batches, steps, variant.layers, _SEED, variant.losses, teacher)
    return folder / "last.pt"


if __name__ == "__main__":
    main()
