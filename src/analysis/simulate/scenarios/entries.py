"""What the catalogue says of a scenario: what is true, what is biased, and what answers that."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.simulate.scenarios.scenario import World

__all__ = ["BOUND", "MATTERS", "NOTHING_TELLS", "Entry"]

# Half a baseline SD is the least that counts, and 0.30 SD the bound on bias: claims.toml.
MATTERS, BOUND = 0.5, 0.30
NOTHING_TELLS = "nothing on these scores can tell"
# By whether the effect matters.
_CAN_BE_FALSE = {
    True: "there is an effect, so that only contradicted can be false",
    False: "the effect is less than what matters, so that supported would be false",
}


@dataclass(frozen=True)
class Entry:
    """A world and what is true in it.

    Attributes
    ----------
    title : str
    truth : str
        What is true of the drug within hours.
    world : World
    drug : float
        Mean difference within hours by the drug, SD of baseline, benefit positive.
    bias : float
        Sum of all biases: mean difference within hours by anything else, baseline and the
        past-week form accounted for, at the base design; the same unit and sign.
    holds : str
        What the bias is made of.
    stopped_by : str
        The gate that keeps "supported" away from most or all such studies, judged from their
        files; empty where none does.
    source : str
    """

    title: str
    truth: str
    world: World
    drug: float = 0.0
    bias: float = 0.0
    holds: str = ""
    stopped_by: str = ""
    source: str = "assumption"

    @property
    def no_effect(self) -> bool:
        """Whether "supported" is false of this world for the claim onset."""
        return self.drug == 0

    @property
    def effect_true(self) -> bool:
        """Whether the drug does within hours what counts."""
        return self.drug >= MATTERS

    @property
    def answer(self) -> str:
        """What keeps a false "supported" away: a gate, the bound, or nothing."""
        if not self.no_effect:
            return _CAN_BE_FALSE[self.effect_true]
        if self.stopped_by:
            return f"mostly stopped by gate {self.stopped_by}"
        return "within the bound" if self.bias <= BOUND + 1e-9 else NOTHING_TELLS

    @property
    def line(self) -> str:
        """Which bias the world holds, the sum of its biases, and what answers it."""
        return f"{self.holds or 'none'}: {self.bias:.2f} SD in all; {self.answer}."
