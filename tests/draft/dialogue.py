"""A person at the terminal who answers the questions of ``relief init --ask``, by their keys."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.draft import ask_open_points

# What somebody who knows the study would type.
ANSWERS = {
    "population": "y", "synthetic": "yes", "design": "parallel", "timezone": "America/Detroit",
    "infusions.timezone": "-", "assessments.timezone": "-", "arms": "y", "comparator": "y",
    "missing_codes": "none", "primary": "PCL-5-now", "randomised": "yes", "concurrent": "yes",
    "blinded": "double", "planned_per_arm": "6", "enrolment_reason": "-", "looks": "1",
    "look_level": "y", "registration": "none", "baseline": "-", "later_window": "-",
    "primary_arm": "y", "study_codes": "yes", "end_hours_is": "y", "recall_hours": "y",
    "version": "past-week", "visits": "y", "item_base": "y",
}  # fmt: skip


class Person:
    """Types the answer of each key; ``said`` is everything that was printed."""

    def __init__(self, answers: dict[str, str], stop_at: str = "") -> None:
        self.answers, self.stop_at = answers, stop_at
        self.said: list[str] = []
        self.keys: list[str] = []
        self.tries = 0

    def say(self, text: str) -> None:
        self.said.append(text)
        if found := re.match(r"\n\[+(\w+)\]+ (\w+)  \(", text):
            self.keys.append(f"{found[1]}.{found[2]}")
            self.tries = 0

    def answer(self, prompt: str) -> str:
        key = self.keys[-1]
        self.tries += 1
        if key.endswith(f".{self.stop_at}") or self.tries > 2:
            raise EOFError
        return self.answers.get(key, self.answers.get(key.partition(".")[2], ""))


def ask(export: Path, out: Path, stop_at: str = "", **answers: str) -> tuple[str, Person]:
    """Answer every question of an export's draft, or up to one; what was said at the end."""
    told = {key.replace("__", "."): text for key, text in answers.items()}
    person = Person(ANSWERS | told, stop_at)
    end = ask_open_points(export, out, answer=person.answer, say=person.say)
    return end, person
