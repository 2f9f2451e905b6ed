"""Names of columns that hold a person: an identifier, or what identifies by itself."""

from __future__ import annotations

import functools
import re

from analysis.readers.table.header_words import announces_identifier, bare

__all__ = ["names_a_person", "of_one_person"]

# One person, in the languages that exports are written in.
_PERSON = "|".join(
    (
        r"subj(?:ect|id)?|usubjid|participant|patient|person|proband(?:en)?|mrn|[pstu]id|ptid|uuid|ids?",
        r"patientin|probandin|teilnehmer(?:in)?|versuchsperson",
        r"sujet|sujeto|soggetto|sujeito|paciente|paziente|participante|partecipante",
        r"proefpersoon|deelnemer|pacjent|uczestnik|forsoksperson|forsogsperson|deltagare|deltager",
        r"被験者|患者|参加者|受试者|参与者|病人",
    )
)
# Words that mean one person only beside a word for a number or a code.
_WITH_NUMBER = (
    r"record|case|client|user|respondent|volunteer|individual|member|people|pt|pat|patienten|vp|tn"
    r"|subjects|participants|patients|persons|teilnehmenden|randomi[sz]ation|enrol?lment|screening"
)
_NUMBER = (
    r"ids?|no|nr|num|number|code|key|label|identifier|index|kennung|nummer|numero|numer|codigo|codice|cod"
    r"|番号|编号|号"
)
_AROUND = r"study|site|trial|unique|pseudo|anon(?:ymi[sz]ed)?|the|of|de|del|du|la|le|di|do"
_COLUMN = re.compile(
    rf"(?:{_AROUND}|{_NUMBER})*(?:{_PERSON})(?:{_AROUND}|{_NUMBER})*"
    rf"|(?:{_AROUND})*(?:{_WITH_NUMBER})(?:{_AROUND})*(?:{_NUMBER})+"
    rf"|(?:{_NUMBER})(?:{_AROUND})*(?:{_WITH_NUMBER})"
)
# Numbers of a study, a site or a visit count nobody; `synthetic id` is `id`.
_NOBODY = re.compile(rf"(?:{_AROUND}|{_NUMBER})*(?:study|site|trial)(?:{_NUMBER})*")
_LONGEST = 60
# One person in a sentence or a selection: `subject 12`, `Patient: P-07`, `participant_id == 3`;
# not `per person 12 points` or `person 3 days`.
_ONE = re.compile(
    r"(?<![^\W_])(?<!per )(?<!each )(?<!every )(?<!one )"
    r"(?:usubjid|subjid|subj(?:ect)?|participant|patient|person|proband|record_id)"
    r"(?:[ _-]?(?:id|no\.?|nr\.?|number))?['\"\])]*(?: ?[:=#(\[_-]{1,2} ?| )['\"]?"
    r"[a-z]{0,8}[-_]?\d+(?!\d|[.,]\d"
    r"| ?(?:%|points?|h|hours?|days?|weeks?|months?|visits?|sessions?|infusions?|ratings?"
    r"|scores?|forms?|assessments?|times?|to|of|or|and)\b)",
    re.IGNORECASE,
)


@functools.cache
def names_a_person(name: str) -> bool:
    """Whether a column of this name holds people: one row of its table would be one person.

    Case, separators, camelCase and accents make no difference: ``Subject ID``, ``PatientID``,
    ``participant-id`` and ``numéro de patient`` do. Plurals alone (``participants``) are
    counts, and ``study_id`` numbers studies.
    """
    joined = bare(name).replace(" ", "").lower()
    if len(joined) > _LONGEST or _NOBODY.fullmatch(joined):
        return False
    return _COLUMN.fullmatch(joined) is not None or announces_identifier(name)


def of_one_person(text: str) -> bool:
    """Whether a text speaks of one person by number or code, such as ``subject 12``."""
    return _ONE.search(text) is not None
