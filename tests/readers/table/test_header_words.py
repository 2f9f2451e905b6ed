"""Headers that announce an identifier: in any language and spelling, and no others."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import instruments
from analysis.config import source
from analysis.readers.formats.omop import tables as omop
from analysis.readers.table.header_words import announces_identifier
from tests.factory import tables
from tests.length import examples

# Of each language its own words, as its clinics write them.
ANNOUNCED = {
    "English": """
        name patientName "Patient Name" FIRST_NAME lname mothersMaidenName next_of_kin
        spouse_name initials "Name, first" birth_dt birthDate BirthYear yob
        "Date of birth (dd/mm/yyyy)" dateofdeath home_address AddressLine2 ZIP5 "Zip Code"
        postalCode Street_1 county geoLat geo_code LocationLatitude place_of_birth
        home_phone phoneNo2 "Phone #" cellPhone Fax E-Mail RecipientEmail SSN_last4
        medical_record_no MedicalRecordNumber patientRecord record_number EpicID epic_mrn
        "Driver's License" license_no insuranceNumber health_plan_no memberID AccountNo
        bank_account plate licensePlate deviceSerialNo IMEI URL_1 IPAddress ip biometric_id
        facePhoto photo "What is your last name?" nａｍｅ Na\u200bme""",
    "German": """
        Nachname Vorname_Pat "Name, Vorname" Geburtsdatum geb_datum "geb. am" Straße strasse
        STRASSE Straße_Hausnummer Wohnort PLZ Telefonnummer "Tel.-Nr." Handy
        Versichertennummer AHV-Nr Führerschein fuehrerschein Fuhrerschein Fallnr
        Patientenakte KFZ-Kennzeichen IP-Adresse""",
    "French": """
        prénom prenom PRÉNOM "Nom de famille" nomPatient "date de naissance" DateNaissance
        DDN code_postal "N° tél." téléphone "N° de sécurité sociale" num_secu NIR courriel
        "permis de conduire" immatriculation""",
    "Spanish": """
        nombre apellidos primerApellido fecha_de_nacimiento FechaNac nacimiento Dirección
        direccion código_postal teléfono correo_electronico DNI CURP "historia clínica"
        matrícula""",
    "Italian": """
        nome cognome "data di nascita" dataNascita codice_fiscale CodiceFiscale indirizzo
        CAP città cellulare tessera_sanitaria targa patente""",
    "Portuguese": """
        nome sobrenome data_de_nascimento dt_nasc CPF cpf_paciente RG endereço endereco CEP
        telemóvel "cartão SUS" "carta de condução" prontuario""",
    "Dutch": """
        achternaam voornaam geboortedatum GeboorteDatum BSN bsn_nummer straat huisnummer
        woonplaats telefoonnummer polisnummer rijbewijs kenteken""",
    "Polish": """
        imię imie nazwisko data_urodzenia DataUrodzenia PESEL pesel_pacjenta ulica
        kod_pocztowy "prawo jazdy" "dowód osobisty" "nr telefonu" komórka""",
    "Swedish": """
        förnamn fornamn efternamn personnummer Personnr födelsedatum fodelsedatum
        foedelsedatum gatuadress postnummer e-postadress körkort""",
    "Danish": """
        fornavn efternavn fødselsdato fodselsdato foedselsdato CPR CPR-nr. gade tlf postnr
        kørekort""",
    "Japanese": """
        氏名 患者氏名 フリガナ ﾌﾘｶﾞﾅ 生年月日 住所 郵便番号 電話番号 カルテ番号 マイナンバー
        保険証番号 メールアドレス""",
    "Chinese": """
        姓名 患者姓名 出生日期 电话 联系电话 身份证 身份证号 身分證 地址 家庭住址 病历号
        手机号码 邮箱 车牌号""",
}  # fmt: skip
# Columns that exports hold, and that sound like identifiers.
ORDINARY = """
    id record_id RecordID record RecordedDate recording recording_id records subject_id
    SUBJID USUBJID patient_id PatientID participant-id person_id patient_no Patientennummer
    患者番号 case_id site_id site_name country state birthweight birth_weight birth_order
    birth_sex sex_at_birth childbirth given_birth birth_country birth_control license_type
    licensed account_of_trauma accountability redcap_event_name redcap_repeat_instrument
    redcap_data_access_group redcap_survey_identifier form_name instrument_name drug_name
    drugName arm_name visit_name test_name filename day_name month_name hospital_name
    rater_name nameless nominal renamed INVNAM phone_visit phone_avoidance telephone_visit
    smartphone_use headphones email_sent address_fear street_drug_use zipper geometry
    epicenter epicrisis insurance_type insured vehicle_accident device_type pump_serial_time
    photophobia photo_reaction face_valid face_to_face facial_pain FACES_pain surface
    ip_start ip_date ip_kit_no chip latency lateral long_term platelet_count plate_reader
    plate_id url_fear mobility city_size_class cell_count death death_cause DTHDTC BRTHDTC
    contact_date emergency_visit hospital_days medical_history family_history mother_age
    work_hours date time duration month year 电话随访 药物名称 施設名 出生体重
    Geburtsgewicht Wochentag nombre_dosis dirección_cambio via vía "Duration (in seconds)"
    "What was the worst event?" "Total score" "Event Name" Complete?"""


def listed(text: str) -> list[str]:
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]


@pytest.mark.parametrize(
    ("language", "header"), [(key, one) for key, own in ANNOUNCED.items() for one in listed(own)]
)
def test_a_header_of_an_identifier_is_known_in_its_language(language: str, header: str) -> None:
    assert announces_identifier(header), language


@pytest.mark.parametrize("header", listed(ORDINARY))
def test_a_header_that_sounds_like_one_is_none(header: str) -> None:
    assert not announces_identifier(header)


# --- every word of the lists, as a program may write it ---------------------------------------

WORDS = tomllib.loads(
    files("analysis.readers.table").joinpath("header_words.toml").read_text("utf-8")
)


def words(text: str) -> list[str]:
    return sorted({one.strip() for one in re.split(r"[,\n]", text) if one.strip()})


NAMED = [one for text in WORDS["words"].values() for one in words(text)]
ANYWHERE = words(WORDS["anywhere"]["words"])
PEOPLE = [one for one in words(WORDS["around"]["people"]) if one.isascii()]
IN_TWO = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "ß": "ss"}
CASES = [str, str.lower, str.upper, str.title, str.capitalize, str.swapcase]
JOINS = ["_", "-", ".", " ", "", "__", " / "]
SPELLINGS = [
    str,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(IN_TWO.get(c, c) for c in text),
    lambda text: "".join(
        c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
    ).replace("ß", "ss"),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    lambda text: "\u200b".join(text),
]


def camel(parts: list[str]) -> str:
    return parts[0].lower() + "".join(part[:1].upper() + part[1:].lower() for part in parts[1:])


def written(word: str, spelling: int, case: int, join: int) -> str:
    """A word of the lists in one of many spellings, cases and kinds of separators."""
    parts = SPELLINGS[spelling](word).split(" ")
    cased = [CASES[case % len(CASES)](part) for part in parts]
    return camel(parts) if case == len(CASES) else JOINS[join].join(cased)


FORMS = st.tuples(
    st.integers(0, len(SPELLINGS) - 1), st.integers(0, len(CASES)), st.integers(0, len(JOINS) - 1)
)


def test_every_word_is_one_in_every_spelling_and_in_every_case() -> None:
    plain = [(0, case, case % len(JOINS)) for case in range(len(CASES) + 1)]
    spelt = [(spelling, spelling % len(CASES), 0) for spelling in range(1, len(SPELLINGS))]
    listed = NAMED + ANYWHERE + words(WORDS["alone"]["words"])
    headers = [written(word, *form) for word in listed for form in plain + spelt]
    assert [header for header in headers if not announces_identifier(header)] == []


@examples(short=150, long=30_000)
@given(st.sampled_from(NAMED), st.sampled_from(PEOPLE), FORMS, st.booleans(), st.integers(0, 99))
def test_a_person_and_a_number_beside_it_take_nothing_away(
    word: str, person: str, form: tuple[int, int, int], first: bool, number: int
) -> None:
    both = f"{person} {word}" if first else f"{word} {person}"
    assert announces_identifier(f"{written(both, *form)}{JOINS[form[2]]}{number}")


@examples(short=150, long=30_000)
@given(
    st.sampled_from(ANYWHERE),
    st.sampled_from(listed(ORDINARY)),
    FORMS,
    st.sampled_from(["_", " ", "-", "."]),
)
def test_a_word_that_is_never_anything_else_is_one_whatever_stands_beside(
    word: str, other: str, form: tuple[int, int, int], mark: str
) -> None:
    assert announces_identifier(f"{other}{mark}{written(word, *form)}{mark}{other}")


# --- names of the project and of the standards ------------------------------------------------


def _texts(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()), set())
    return {str(one) for one in value} if isinstance(value, list) else {str(value)}


FORMATS = tomllib.loads(files(source.__package__).joinpath("formats.toml").read_text("utf-8"))
STEMS = sorted(
    {name for rows in tables().values() for name in rows[0]}
    | _texts(FORMATS)
    | {re.sub(r"\W", "", name) for name in instruments.known()}
    | {key for scale in instruments.known().values() for key in scale.subscales}
    | {column for own in omop.TABLES.values() for table in own for column in table.columns}
)
BESIDE = listed(
    "baseline visit total score date time pre after day week raw no id code arm_1 h4 patient of"
)


def test_the_names_are_there() -> None:
    assert {"USUBJID", "person_id", "subject", "when", "PCL5", "measurement_concept_id"} <= set(
        STEMS
    )


@examples(short=250, long=40_000)
@given(
    st.lists(st.sampled_from(BESIDE), max_size=3),
    st.sampled_from(STEMS),
    st.lists(st.sampled_from(BESIDE), max_size=3),
    st.integers(0, len(CASES)),
    st.sampled_from(JOINS),
)
def test_no_ordinary_name_is_one(
    before: list[str], stem: str, after: list[str], case: int, join: str
) -> None:
    parts = [*before, stem, *after]
    cased = [CASES[case % len(CASES)](part) for part in parts]
    assert not announces_identifier(camel(parts) if case == len(CASES) else join.join(cased))


@examples(short=150, long=30_000)
@given(st.text())
def test_any_text_is_one_or_none(text: str) -> None:
    assert announces_identifier(text) in (True, False)
    assert announces_identifier(text) == announces_identifier(unicodedata.normalize("NFD", text))
