"""Body weights."""

from __future__ import annotations

from typing import Any

from tests.readers.formats.fhir.export import (
    observation,
)
from tests.readers.formats.fhir.reading import rules


class TestWeights:
    def test_body_weights_are_read_in_kg_and_other_units_set_aside(self, read):
        def weight(number: int, value: float | None, unit: str) -> dict[str, Any]:
            quantity = {"value": value, "unit": unit, "code": unit}
            return observation("29463-7", None, id=f"w{number}", valueQuantity=quantity)

        table = read(
            [weight(1, 70.5, "kg"), weight(2, 150, "[lb_av]"), weight(3, None, "kg"),
             observation("44261-6", 3)],
            "weights",
        )  # fmt: skip
        assert table.cells["weight_kg"].tolist() == ["70.5"]
        assert rules(table)["fhir.weight-unit"] == 1
