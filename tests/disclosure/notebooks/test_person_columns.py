"""A column is known for people's by its name, however it is written and in many languages."""

from __future__ import annotations

import pytest

from analysis.disclosure.notebooks.person_columns import names_a_person, of_one_person

PEOPLE = """
id|ID|subject|Subject|SUBJECT ID|Subject ID|subjectId|SubjectID|subject_no|subj|Subj.|SUBJID
USUBJID|PatientID|patient_id|Patient-Nr.|Pat. Nr.|participant-id|ParticipantID
participant number|PID|sid|record_id|Record ID|RecordNumber|record no|person|person_id
Study ID of subject|unique subject identifier
client id|case no|Case-ID|volunteer_code|respondentId|MRN|pt_id|subjects_id|id of participants
Patienten-ID|Teilnehmer|TeilnehmerIn|Versuchsperson|VP-Nr|Probandennummer|Proband
numéro de patient|N° sujet|id_sujet|Número de paciente|paciente|paziente|codice paziente
participante
proefpersoon|deelnemer|pacjent|uczestnik|försöksperson|forsøgsperson|deltager|deltagare
被験者|被験者番号|患者|患者ID|参加者|受试者编号|受试者|参与者
first_name|Surname|date of birth|Telephone|e-mail
""".replace("\n", "|").split("|")
OTHERS = """
study_id|StudyID|site|site id|trial|n|people|participants|subjects|patients|arm|estimate|record
valid|idea|identity of arms|instrument|instrument_name|subject_arm_mean|per person|personal best
participants per arm|a person has crossed at a fall of|share of patients
window|case|user|visit|wave|title
subject.entry-threshold|form|count|scope|被|
""".replace("\n", "|").split("|")


@pytest.mark.parametrize("name", [name for name in PEOPLE if name])
def test_column_of_people(name):
    assert names_a_person(name)


@pytest.mark.parametrize("name", OTHERS)
def test_column_of_something_else(name):
    assert not names_a_person(name)


@pytest.mark.parametrize(
    "text",
    [
        "subject 12",
        "Subject: P-07 fell by 20 points",
        "Patient #3 left",
        "participant_id == 3",
        "checked.assessments.query('subject == 12')",
        "frame[frame['subject'] == 12]",
        "Row(person=5, total=23)",
        "the change of participant no. 4",
        "{'subject': 'EX001'}",
    ],
)
def test_one_person_in_a_text(text):
    assert of_one_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "30 participants, 12 of them on ketamine",
        "participants 30",
        "per person 12 points",
        "a person 3 days later",
        "baseline.one-rating | FLAG | subject | 3 | A single rating.",
        "subject    60",
        "mmrm(formula, data, subject='subject', visit='visit')",
        "subject.entry-threshold",
        "Subject to 2 conditions",
    ],
)
def test_text_about_everyone(text):
    assert not of_one_person(text)
