"""``relief init``: a first study.toml from an export; what can be seen is written, the rest asked.

In: a file or folder. Out: the text of a study.toml with open points as TODO. Not here: reading a
study (readers), validating a study.toml (config).
"""

from analysis.draft.ask import ask_open_points
from analysis.draft.recognise import look
from analysis.draft.write import draft_text, drafted, write_study_toml

__all__ = ["ask_open_points", "draft_text", "drafted", "look", "write_study_toml"]
