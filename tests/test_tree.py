"""The tests stand where the code stands: each module that decides has a test module of its name.

A module that is tested through another one, or through its room's entrance, is listed under the
test module that does so.
"""

from __future__ import annotations

import ast
from pathlib import Path

from analysis.paths import ROOT

SOURCE, TESTS = ROOT / "src" / "analysis", ROOT / "tests"

THROUGH = {
    "instruments/test_read_scales.py": "instruments/block",
    "instruments/test_scale.py": "instruments/facts",
    "describe/calibration/test_counts.py": "describe/calibration/rates",
    "estimates/explanations/test_blinding.py": "estimates/explanations/by_guess",
    "evidence/adding/test_damaged_records.py": "evidence/adding/record_shape",
    "claims/test_primary_analysis.py": "claims/primary_analyses",
    "claims/test_judge_example.py": "claims/evaluators/beside_difference",
    # What every room speaks: tables, words and errors that hold no decision of their own.
    "test_cli.py": "paths studies study cli/commands cli/output cli/program cli/upkeep",
    "checks/test_checks.py": "checks/checked checks/sites",
    # A claim is judged whole, from a study to its word.
    "claims/test_judge_studies.py": """
        claims/case claims/ledger claims/result claims/readable_windows claims/scored_study
        claims/evaluators/common claims/evaluators/difference claims/evaluators/certainty
        claims/evaluators/dissociation_brief claims/evaluators/lengths
        claims/evaluators/never_testable""",
    "claims/test_judge_properties.py": """
        claims/gates/data_gates claims/gates/flagged_groups claims/gates/robustness_of_scores""",
    "claims/evaluators/test_attribution.py": "claims/gates/later_window",
    "claims/evaluators/test_clusters.py": "claims/evaluators/cluster_cases",
    "claims/evaluators/test_first_session.py": "claims/evaluators/session_courses",
    "claims/published/test_published.py": "claims/published/rows claims/published/within_hours",
    "claims/sensitivity/test_multiverse.py": """
        claims/sensitivity/estimators claims/sensitivity/specifications""",
    "claims/calibration/test_common_analyses.py": "claims/calibration/random_intercepts",
    "claims/calibration/test_renew.py": "claims/calibration/sound_counts",
    "claims/calibration/test_run.py": "claims/calibration/counts claims/calibration/pieces",
    "claims/calibration/test_stored_words.py": "claims/calibration/trial",
    # Declarations are read, or refused, as a whole study.toml.
    "config/test_load.py": "config/declarations config/source config/study config/tables",
    "config/test_schedule.py": "windows",
    "readers/roles/dates/test_courses.py": "readers/roles/dates/hours_of_clinic",
    "readers/roles/dates/test_other_clock.py": "readers/roles/dates/exact_times",
    "readers/table/test_times.py": """
        config/precision readers/clock readers/table/column_texts readers/table/declared_times
        readers/table/iso readers/table/undeclared readers/table/zones""",
    "describe/scores/test_change.py": "describe/common",
    "describe/scores/test_by_window.py": """
        describe/scores/described_text describe/scores/mixed_model""",
    "notebooks/test_any_study.py": """
        describe/scores/crossover describe/robustness/tipping sections/calibration sections/data
        sections/evidence sections/explanations sections/forms sections/onset sections/verdict
        sections/robustness/missing sections/robustness/multiverse
        sections/scores/change sections/scores/control sections/scores/crossover
        sections/scores/first_session sections/scores/responders""",
    "report/test_publish.py": "sections/report/published",
    "notebooks/test_study_notebooks.py": """
        report/execution report/progress report/study_notebooks""",
    "figures/test_over_time.py": "describe/answer/over_time figures/common/time_axis",
    "describe/onset/test_crossing.py": "describe/onset/courses",
    "draft/test_ask.py": "draft/lines",
    "draft/test_write.py": """
        draft/item_columns draft/own_columns draft/recognise draft/sighting
        draft/standards draft/toml_text""",
    "estimates/missing/test_conditional_mean.py": """
        estimates/missing/analysis_model estimates/missing/imputation_model
        estimates/missing/trial_data""",
    "estimates/onset/test_time_to_response.py": "estimates/onset/courses",
    "estimates/onset/interval_censored/test_turnbull.py": """
        estimates/onset/interval_censored/turnbull_solver""",
    "estimates/onset/test_mixture.py": "estimates/onset/profile_likelihood",
    "evidence/test_build.py": "evidence/table/provenance",
    "evidence/derivation/test_derive.py": """
        evidence/derivation/assemble evidence/derivation/effects""",
    "evidence/table/test_load.py": "evidence/table/schema",
    "evidence/adding/test_addition.py": """
        evidence/adding/checked evidence/adding/csv_rows evidence/adding/record
        evidence/adding/record_rows""",
    "evidence/pooling/test_pools.py": "evidence/pooling/trial_differences",
    "mmrm/trials/test_model.py": """
        mmrm/batch/inference mmrm/batch/places mmrm/batch/stack mmrm/batch/sums
        mmrm/trials/fit mmrm/trials/grids mmrm/trials/results""",
    "mmrm/design/test_formula.py": "mmrm/design/materializer mmrm/design/matrix mmrm/design/recipe",
    "mmrm/design/test_table.py": "mmrm/design/levels",
    "mmrm/fit/test_covariance.py": "mmrm/fit/correlations",
    "mmrm/inference/test_resampling.py": "mmrm/batch/subjects",
    "mmrm/inference/test_sandwich.py": "mmrm/inference/chunk_sandwich",
    "checks/test_patterns.py": "checks/treatments",
    "mmrm/moments/test_chunks.py": "mmrm/moments/columns",
    "mmrm/test_refusals.py": "mmrm/spec",
    "mmrm/test_silent_changes.py": "mmrm/warned",
    "mmrm/test_results.py": "mmrm/summary",
    # Formats are read from files to the table of text, parts and all.
    "readers/test_assemble.py": "readers/reading readers/formats/file_bytes",
    "readers/roles/test_layouts.py": """
        readers/roles/assessments/answers readers/roles/assessments/forms
        readers/roles/doses readers/roles/infusions
        readers/roles/people readers/table/gathered""",
    "readers/formats/delimited/test_encoding.py": "readers/formats/delimited/decode",
    "readers/formats/excel/test_sheet.py": """
        readers/formats/excel/layout readers/formats/excel/workbook""",
    "readers/formats/fhir/test_read.py": """
        readers/formats/fhir/codes readers/formats/fhir/resources/findings
        readers/formats/fhir/resources/nodes readers/formats/fhir/resources/usable""",
    "readers/formats/fhir/test_answers.py": "readers/formats/fhir/responses",
    "readers/formats/fhir/test_study.py": """
        readers/formats/declared_rows readers/formats/fhir/declared""",
    "readers/formats/omop/test_read.py": """
        readers/formats/omop/database readers/formats/omop/received readers/formats/omop/tables""",
    "readers/formats/omop/test_study.py": "readers/formats/omop/declared",
    "readers/formats/redcap/test_project.py": """
        readers/formats/redcap/export readers/formats/redcap/rows readers/formats/redcap/wanted""",
    "readers/formats/redcap/test_projects.py": "readers/formats/redcap/declared",
    "readers/nimh/test_crossover.py": "readers/nimh/bids",
    "readers/open_data/test_download.py": "readers/open_data/fetch",
    "report/test_page.py": "report/check_page",
    "report/comparison/test_run.py": """
        report/comparison/documents report/comparison/page report/comparison/told""",
    "docs/test_study_and_rules.py": "rules/listing",
    "simulate/scenarios/test_catalogue.py": "simulate/scenarios/entries",
    "simulate/scenarios/test_flawed_designs.py": """
        simulate/people/allocation simulate/people/reporting simulate/scenarios/declared""",
    "simulate/test_example.py": """
        simulate/cohort simulate/people/people simulate/study_files simulate/people/visit_times""",
    "simulate/scenarios/test_scenario.py": """
        simulate/people/course simulate/people/infusions simulate/people/missing_data
        simulate/scenarios/by_size simulate/truth""",
    "estimates/responders/test_first_session.py": "simulate/people/sessions",
}
LISTED = {module: test for test, modules in THROUGH.items() for module in modules.split()}


def public(path: Path) -> bool:
    """Whether a module has a function or class that others may call."""
    return any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


MODULES = {
    path.relative_to(SOURCE).with_suffix("").as_posix()
    for path in SOURCE.rglob("*.py")
    if not path.name.startswith("__") and public(path)
}


def own_test(module: str) -> Path:
    path = TESTS / module
    return path.with_name(f"test_{path.name}.py")


def test_each_module_has_a_test_module_of_its_name_or_is_listed():
    assert sorted(m for m in MODULES - set(LISTED) if not own_test(m).is_file()) == []


def test_what_is_listed_is_there_and_has_no_test_module_of_its_own():
    assert sorted(m for m in LISTED if m not in MODULES or own_test(m).is_file()) == []
    assert [test for test in THROUGH if not (TESTS / test).is_file()] == []


def test_no_module_is_listed_twice():
    listed = [module for modules in THROUGH.values() for module in modules.split()]
    assert len(listed) == len(set(listed))


def test_each_folder_of_tests_is_a_room_or_cuts_across():
    across = set("bad_inputs damage docs fuzz mutants notebooks reference remedies scripts".split())
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    assert [
        str(folder)
        for folder in folders
        if folder.parts and folder.parts[0] not in across and not (SOURCE / folder).is_dir()
    ] == []
