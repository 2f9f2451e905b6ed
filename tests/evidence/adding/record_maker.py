"""A registry record with results in the registry's own format, made up: no trial is like it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ARMS = {"OG000": "Ketamine", "OG001": "Midazolam"}
PEOPLE = {"OG000": "24", "OG001": "23"}


def measure(title: str, scores: dict[str, list[tuple[str, str]]], **more: Any) -> dict[str, Any]:
    """One posted measure: by the title of a time, mean and SD of each arm."""
    made = {
        "type": "PRIMARY",
        "title": title,
        "description": "Total score, range 0 to 80; higher scores indicate more severe symptoms.",
        "populationDescription": "Made up",
        "reportingStatus": "POSTED",
        "paramType": "MEAN",
        "dispersionType": "Standard Deviation",
        "unitOfMeasure": "score on a scale",
        "timeFrame": "Baseline, 24 hours and 7 days after the infusion",
        "groups": [
            {"id": key, "title": arm, "description": f"{arm}, single intravenous infusion"}
            for key, arm in ARMS.items()
        ],
        "denoms": [
            {
                "units": "Participants",
                "counts": [{"groupId": key, "value": n} for key, n in PEOPLE.items()],
            }
        ],
        "classes": [
            {
                "title": time,
                "categories": [
                    {
                        "measurements": [
                            {"groupId": key, "value": mean, "spread": sd}
                            for key, (mean, sd) in zip(ARMS, values, strict=True)
                        ]
                    }
                ],
            }
            for time, values in scores.items()
        ],
    }
    return made | more


def analysis(**more: Any) -> dict[str, Any]:
    """A posted difference between the arms at 24 hours, as the registry gives one."""
    made = {
        "groupIds": ["OG000", "OG001"],
        "groupDescription": "Difference at 24 hours after the infusion",
        "statisticalMethod": "Mixed Models Analysis",
        "nonInferiorityType": "SUPERIORITY",
        "pValue": "0.02",
        "paramType": "Mean Difference (Final Values)",
        "paramValue": "-6.1",
        "ciPctValue": "95",
        "ciNumSides": "TWO_SIDED",
        "ciLowerLimit": "-11.2",
        "ciUpperLimit": "-1.0",
    }
    return made | more


def analysed(*analyses: dict[str, Any]) -> dict[str, Any]:
    """The sample with analyses of its first measure."""
    made = sample()
    measures = made["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
    measures[0]["analyses"] = list(analyses)
    return made


def record(*measures: dict[str, Any], **design: str) -> dict[str, Any]:
    """A study with one infusion of ketamine against midazolam."""
    info = {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL",
            "primaryPurpose": "TREATMENT", "maskingInfo": {"masking": "QUADRUPLE"}}  # fmt: skip
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT99990001", "briefTitle": "A made-up trial"},
            "statusModule": {"overallStatus": "COMPLETED",
                             "resultsFirstPostDateStruct": {"date": "2027-03-01"}},
            "conditionsModule": {"conditions": ["Post-traumatic Stress Disorder"]},
            "designModule": {"studyType": "INTERVENTIONAL", "designInfo": info | design},
            "armsInterventionsModule": {
                "armGroups": [
                    {"label": "Ketamine", "type": "EXPERIMENTAL",
                     "description": "Single intravenous infusion of ketamine 0.5 mg/kg"},
                    {"label": "Midazolam", "type": "ACTIVE_COMPARATOR",
                     "description": "Single intravenous infusion of midazolam 0.045 mg/kg"},
                ],
                "interventions": [{"type": "DRUG", "name": "Ketamine"},
                                  {"type": "DRUG", "name": "Midazolam"}],
            },
        },
        "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": list(measures)}},
        "hasResults": True,
    }  # fmt: skip


def sample() -> dict[str, Any]:
    """PCL-5 before, at 24 hours and 7 days; response; and a depression scale, which is left out."""
    return record(
        measure(
            "PTSD Checklist for DSM-5 (PCL-5) total",
            {
                "Baseline": [("51.2", "11.0"), ("50.1", "12.4")],
                "24 hours": [("34.6", "15.2"), ("40.3", "14.1")],
                "7 days": [("36.9", "15.8"), ("41.0", "15.0")],
            },
        ),
        measure(
            "PCL-5 response, a fall of 30 % or more",
            {"24 hours": [("13", ""), ("8", "")]},
            paramType="COUNT_OF_PARTICIPANTS",
            unitOfMeasure="Participants",
            dispersionType="",
        ),
        measure("MADRS total score", {"24 hours": [("15.0", "7.0"), ("17.0", "8.0")]}),
    )


def changed(**paths: Any) -> dict[str, Any]:
    """The sample with what stands at some paths put otherwise; ``None`` takes it away."""
    made = copy.deepcopy(sample())
    for path, value in paths.items():
        *steps, last = [int(p) if p.isdigit() else p for p in path.split("__")]
        place: Any = made
        for step in steps:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value(place[last]) if isinstance(value, Callable) else value  # type: ignore[arg-type]
    return made


def write(folder: Path, made: Any, name: str = "record.json") -> Path:
    path = folder / name
    path.write_text(made if isinstance(made, str) else json.dumps(made), encoding="utf-8")
    return path
