"""A made-up longitudinal REDCap project with a repeating survey, as files and as a server.

The same people, infusions and scores as :func:`tests.factory.tables`: a study read from here
must be the study read from plain tables.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.factory import NOW_ITEMS, tables

TOKEN = "0123456789ABCDEF0123456789ABCDEF"
HEADER = [
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name",
    "Matrix Ranking?", "Field Annotation",
]  # fmt: skip
API_HEADER = [
    "field_name", "form_name", "section_header", "field_type", "field_label",
    "select_choices_or_calculations", "field_note", "text_validation_type_or_show_slider_number",
    "text_validation_min", "text_validation_max", "identifier", "branching_logic",
    "required_field", "custom_alignment", "question_number", "matrix_group_name",
    "matrix_ranking", "field_annotation",
]  # fmt: skip
AGREE = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
TREATMENTS = {"1": "Ketamine", "2": "Midazolam"}
STATES = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
EVENTS = {"baseline_arm_1": "Baseline", "treatment_arm_1": "Treatment"}
ITEMS = [f"pcl_{number:02d}" for number in NOW_ITEMS]


def field(name: str, form: str, kind: str = "text", choices: str = "", **more: str) -> list[str]:
    """A row of the dictionary; ``more`` by the names of the API."""
    known = {"field_name": name, "form_name": form, "field_type": kind}
    known |= {"field_label": f"Label of {name}", "select_choices_or_calculations": choices}
    return [(known | more).get(column, "") for column in API_HEADER]


def listed(choices: dict[str, str]) -> str:
    """Choices as a dictionary writes them."""
    return " | ".join(f"{code}, {label}" for code, label in choices.items())


def dictionary(base: int = 0, calculation: str = "") -> list[list[str]]:
    """Rows of the data dictionary, without its header; items are coded from ``base`` up."""
    when = {"text_validation_type_or_show_slider_number": "datetime_ymd"}
    answers = listed({str(code + base): label for code, label in enumerate(AGREE)})
    sums = calculation or " + ".join(f"[{item}]" for item in ITEMS)
    return [
        field("record_id", "enrolment"),
        field("treatment", "enrolment", "radio", listed(TREATMENTS)),
        field("remarks", "enrolment", "notes", section_header='Two lines,\nand "quotes"'),
        field("inf_agent", "infusion", "radio", listed(TREATMENTS)),
        field("inf_start", "infusion", **when),
        field("inf_end", "infusion", **when),
        field("pcl_when", "pcl_now", **when),
        *(field(item, "pcl_now", "radio", answers) for item in ITEMS),
        field("pcl_meds", "pcl_now", "checkbox", "1, Yes, a pill | -1, <b>No</b> pill"),
        field("pcl_total", "pcl_now", "calc", sums),
        field("pcl_comment", "pcl_now", branching_logic="[pcl_total] > 10"),
    ]


def export(content: dict[str, list[dict[str, Any]]] | None = None) -> list[dict[str, str]]:
    """The flat export in raw codes: three kinds of rows in one table."""
    content = content or tables()
    treatment = {"ket": "1", "mdz": "2", "ketamine": "1", "midazolam": "2"}
    columns = ["record_id", "redcap_event_name", "redcap_repeat_instrument",
               "redcap_repeat_instance", "redcap_data_access_group", "redcap_survey_identifier",
               "treatment", "remarks", "enrolment_complete", "inf_agent", "inf_start", "inf_end",
               "infusion_complete", "pcl_now_timestamp", "pcl_when", *ITEMS, "pcl_meds___1",
               "pcl_meds____1", "pcl_total", "pcl_comment", "pcl_now_complete"]  # fmt: skip
    rows: list[dict[str, str]] = []

    def add(person: str, event: str, **cells: str) -> None:
        rows.append(dict.fromkeys(columns, "") | {"record_id": person, "redcap_event_name": event,
                    "redcap_data_access_group": "north"} | cells)  # fmt: skip

    for subject in content["subjects"]:
        person = subject["id"]
        add(person, "baseline_arm_1", treatment=treatment[subject["arm"]],
            remarks="made up\nby a test", enrolment_complete="2")  # fmt: skip
        for given in (row for row in content["infusions"] if row["id"] == person):
            add(person, "treatment_arm_1", inf_agent=treatment[given["agent"]],
                inf_start=space(given["start"]), inf_end=space(given["end"]),
                infusion_complete="2")  # fmt: skip
        scores = (row for row in content["scores"] if row["id"] == person)
        for instance, score in enumerate(scores, 1):
            items = {f"pcl_{number:02d}": str(score[f"item_{number:02d}"]) for number in NOW_ITEMS}
            add(person, "treatment_arm_1", redcap_repeat_instrument="pcl_now",
                redcap_repeat_instance=str(instance), pcl_when=space(score["when"]),
                pcl_now_timestamp=f"{space(score['when'])}:30", pcl_meds___1="1",
                pcl_meds____1="0", pcl_total=str(sum(map(int, filter(None, items.values())))),
                pcl_now_complete="2", **items)  # fmt: skip
    return rows


def space(moment: str) -> str:
    """A time as REDCap writes it."""
    return moment.replace("T", " ")


def labelled(rows: list[dict[str, str]], *, boxes: str = "checked") -> list[dict[str, str]]:
    """The same export with labels in place of codes."""
    words = dict(enumerate(AGREE))
    ticks = {
        "checked": ({"1": "Checked", "0": "Unchecked"},) * 2,
        "label": ({"1": "Yes, a pill", "0": ""}, {"1": "No pill", "0": ""}),
    }[boxes]

    def label(name: str, value: str) -> str:
        if not value:
            return ""
        if name in ITEMS:
            return words[int(value)]
        if name in ("treatment", "inf_agent"):
            return TREATMENTS[value]
        if name.endswith("_complete"):
            return STATES[value]
        if name.startswith("pcl_meds"):
            return ticks[name == "pcl_meds____1"][value]
        return {**EVENTS, "pcl_now": "PCL (now)"}.get(value, value)

    return [{name: label(name, value) for name, value in row.items()} for row in rows]


def as_csv(header: list[str], rows: list[list[str]]) -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def rows_as_csv(rows: list[dict[str, str]]) -> str:
    """An export as CSV text."""
    return as_csv(list(rows[0]), [list(row.values()) for row in rows])


def event_table() -> str:
    """The event table of the project."""
    header = ["event_name", "arm_num", "unique_event_name", "custom_event_label", "event_id"]
    return as_csv(
        header, [[label, "1", name, "", str(n)] for n, (name, label) in enumerate(EVENTS.items())]
    )


SOURCE = 'path = "export.csv"\ndictionary = "dictionary.csv"\nevent_table = "event.csv"'
STUDY = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
arms = {{ 1 = "ketamine", 2 = "midazolam" }}
comparator = "active"
primary = "PCL-5-now"

[subjects]
format = "redcap"
{source}
subject = "record_id"
arm = "treatment"
{people}

[infusions]
format = "redcap"
{source}
subject = "record_id"
agent = "inf_agent"
start = "inf_start"
end = "inf_end"

[[assessments]]
format = "redcap"
{source}
form = "pcl_now"
subject = "record_id"
time = "pcl_when"
instrument = "PCL-5-now"
version = "ad-hoc"
recall_hours = 0
{values}
"""


def write_project(
    folder: Path,
    rows: list[dict[str, str]] | None = None,
    *,
    fields: list[list[str]] | None = None,
    source: str = SOURCE,
    people: str = "",
    values: str = 'items = "pcl_{:02d}"',
) -> Path:
    """Write the export, what goes with it, and a study.toml; return the path of that."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "export.csv").write_text(rows_as_csv(rows or export()), encoding="utf-8")
    text = "\ufeff" + as_csv(HEADER, fields or dictionary())
    (folder / "dictionary.csv").write_text(text, encoding="utf-8", newline="\r\n")
    (folder / "event.csv").write_text(event_table(), encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(STUDY.format(source=source, people=people, values=values), encoding="utf-8")
    return path


Answer = tuple[int, dict[str, str], bytes]


class Server:
    """A REDCap API on this computer: what it was asked, and answers as REDCap gives them."""

    def __init__(self, rows: list[dict[str, str]], fields: list[list[str]]) -> None:
        self.rows, self.fields = rows, fields
        self.asked: list[dict[str, str]] = []
        self.url = ""
        # Set by a test to answer otherwise; None leaves the answer as it is.
        self.instead: Callable[[dict[str, str]], Answer | None] = lambda form: None

    def answer(self, form: dict[str, str]) -> Answer:
        """One answer to the fields of a form."""
        self.asked.append(form)
        if (other := self.instead(form)) is not None:
            return other
        if form.get("token") != TOKEN:
            said = b'{"error":"You do not have permissions to use the API"}'
            return 403, {"Content-Type": "application/json"}, said
        plain = {"Content-Type": "text/csv; charset=utf-8"}
        match form["content"]:
            case "project":
                about = b'{"project_id":1,"is_longitudinal":1,"surveys_enabled":1}'
                return 200, {"Content-Type": "application/json"}, about
            case "metadata" if form.get("format") == "json":
                said = b'[{"field_name":"record_id","form_name":"enrolment"}]'
                return 200, {"Content-Type": "application/json"}, said
            case "metadata":
                return 200, plain, as_csv(API_HEADER, self.fields).encode()
            case "event":
                return 200, plain, event_table().encode()
            case "record":
                return 200, plain, self._records(form).encode()
        return 400, {}, b'{"error":"The value of the parameter content is not valid"}'

    def _records(self, form: dict[str, str]) -> str:
        def listed(name: str) -> list[str]:
            return [value for key, value in form.items() if key.startswith(f"{name}[")]

        records, fields = listed("records"), listed("fields")
        forms = {row[0]: row[1] for row in self.fields}
        surveys = {forms.get(name) for name in fields}
        system = ["redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
        if form.get("exportDataAccessGroups") == "True":
            system.append("redcap_data_access_group")
        wanted = []
        for name in self.rows[0]:
            stamp = form.get("exportSurveyFields") == "True" and (
                name == "redcap_survey_identifier" or name.removesuffix("_timestamp") in surveys
            )
            if name.split("___")[0] in fields or name in system or stamp:
                wanted.append(name)
        rows = [row for row in self.rows if not records or row["record_id"] in records]
        return as_csv(wanted, [[row[name] for name in wanted] for row in rows])


@contextmanager
def served(
    rows: list[dict[str, str]] | None = None, fields: list[list[str]] | None = None
) -> Iterator[Server]:
    """Serve a project on a free port of this computer."""
    project = Server(rows or export(), fields or dictionary())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            form = dict(parse_qsl(self.rfile.read(size).decode(), keep_blank_values=True))
            status, headers, body = project.answer(form)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        project.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
        try:
            yield project
        finally:
            server.shutdown()
            thread.join()
