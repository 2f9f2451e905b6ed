# From a clone to a verdict. Needs Python 3.11 or newer with pip, and make; `make help` lists the rest.

.DEFAULT_GOAL := report
.DELETE_ON_ERROR:

# Another environment that happens to be active must not reach into this one.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP VIRTUAL_ENV CONDA_PREFIX MPLBACKEND MATPLOTLIBRC
unexport RELIEF_STUDY RELIEF_SEED RELIEF_LONG
unexport PIP_CONSTRAINT PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_ROOT PIP_TARGET
unexport UV_CONSTRAINT UV_OVERRIDE UV_PYTHON UV_SYSTEM_PYTHON UV_PROJECT_ENVIRONMENT
# A personal plotting style or kernel start-up file would change what the notebooks show.
export IPYTHONDIR := $(CURDIR)/.venv/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
export UV_PYTHON_DOWNLOADS := never

READY := .venv/.ready
# A module or notebook stays in one process; conftest.py puts the dearest first.
SPREAD := -n logical --maxprocesses 8 --dist loadscope --no-loadscope-reorder
UV := .tools/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# Sets $$python to the interpreter behind the chosen one, so that a virtual environment without pip will do.
# The oldest supported one comes first; any that is new enough will do.
PYTHONS := python3.11 python3.12 python3.13 python3.14 python3
define find_python
python=; for name in $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); do \
  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    python=`"$$name" -c 'import sys; print(sys._base_executable)'`; break; \
  fi; \
done; \
if [ -z "$$python" ]; then \
  echo "This project needs Python 3.11 or newer, and $(if $(PYTHON),$(PYTHON) is not one,there is none named $(PYTHONS)): say where one is with make PYTHON=/path/to/python3." >&2; exit 1; \
fi
endef

# A moved or copied folder still holds the old path in its scripts, so .venv is made again.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: report test test-long test-python test-newest coverage data review lab notebooks lint format commands rules lock example published therapy-course benchmark benchmark-data benchmark-estimates benchmark-imports benchmark-judge benchmark-notebooks fuzz operating-characteristics estimates-characteristics calibrate first-pass renew calibration-state release-check r-references docs pages set-up set-up-time clean help

report: $(READY) ## set up, judge the built-in studies, print the answer and how to open the report (ARGS="STUDY --out DIR")
	@page=`.venv/bin/relief report $(ARGS)` || exit $$?; \
	  $(if $(ARGS),,.venv/bin/relief judge published | sed '/^$$/q';) \
	  case "$$page" in /*) ;; *) page="$(CURDIR)/$$page";; esac; \
	  echo "Open the report in a browser: file://$$page"

# Types take one core for about a minute, so they are checked beside the tests and told after them.
test: $(READY) ## lint, types, unit tests, and every notebook run again and compared (ARGS="-k claims", "--cov")
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@said=`mktemp`; trap 'kill $$types 2>/dev/null; rm -f "$$said"' EXIT; \
	  .venv/bin/mypy >"$$said" 2>&1 & types=$$!; \
	  .venv/bin/python -m pytest $(SPREAD) $(ARGS); tests=$$?; \
	  wait $$types; sound=$$?; cat "$$said"; test $$sound -eq 0 || exit 1; exit $$tests

# The same assertions as in `make test`; SEED draws others than those committed.
test-long: $(READY) ## the long forms of simulations, random studies and fuzzing (ARGS="tests/claims", SEED=5)
	@RELIEF_LONG=1 $(if $(SEED),RELIEF_SEED=$(SEED)) .venv/bin/python -m pytest $(SPREAD) -m long \
		$(if $(SEED),--hypothesis-seed=$(SEED)) $(ARGS)

# An environment of its own in $(1), which leaves .venv as it is; $(2) makes it what it is to be.
define set_up_other
	@$(2)
	@$(UV) pip install --quiet --python $(1)/bin/python --offline --no-deps --no-build-isolation --editable .
	@$(1)/bin/python -c 'import matplotlib.font_manager'
endef
# Simulated trials and random studies say the same of every Python and take minutes.
test-python test-newest: OTHER = .tools/$@
test-python test-newest: export IPYTHONDIR = $(CURDIR)/$(OTHER)/ipython
test-python test-newest: export MPLCONFIGDIR = $(CURDIR)/$(OTHER)/matplotlib
TEST_OTHER = $(OTHER)/bin/python -m pytest $(SPREAD) -m "not simulates"

test-python: .tools/.ready ## every notebook and the unit tests that do not simulate, on another Python (PYTHON=python3.13)
	@test -n "$(PYTHON)" || { echo "Say which Python: make test-python PYTHON=python3.13" >&2; exit 1; }
	@echo "Setting up: $(OTHER) from requirements.lock"
	@$(UV) venv --quiet --clear --no-project --python "$(PYTHON)" $(OTHER)
	$(call set_up_other,$(OTHER),$(UV) pip sync --quiet --python $(OTHER)/bin/python --require-hashes --compile-bytecode requirements.lock)
	@$(TEST_OTHER) $(ARGS)

# Not the notebooks: other versions draw and print otherwise.
test-newest: $(READY) ## unit tests that do not simulate with the newest versions there are, on the newest Python here (minutes)
	@echo "Setting up: $(OTHER) with the newest versions that resolve"
	@$(UV) venv --quiet --clear --no-project --python "$$(.venv/bin/python scripts/newest_python.py || echo .venv/bin/python)" $(OTHER)
	$(call set_up_other,$(OTHER),$(UV) pip install --quiet --python $(OTHER)/bin/python --upgrade --compile-bytecode --all-extras -r pyproject.toml)
	@$(UV) pip list --python $(OTHER)/bin/python --format freeze | grep -E '^(numpy|scipy|pandas|statsmodels|matplotlib|pyarrow)='
	@$(TEST_OTHER) tests --ignore tests/notebooks $(ARGS)

lint: $(READY) ## ruff and mypy
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format: $(READY) ## let ruff repair what it can
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

data: $(READY) ## download the open data that tests use, each file checked by its hash (ARGS="fev cdisc-phq9")
	@.venv/bin/relief data $(ARGS)

# The notebooks run on copies. What moved is no failure here: make test holds the strict gate.
review: $(READY) ## run the notebooks again and show on one page what moved since OLD=HEAD: output/review/index.html
	@rm -rf output/review && mkdir -p output/review && cp notebooks/*.ipynb output/review
	@code=0; .venv/bin/python scripts/run_notebooks.py output/review/*.ipynb || code=1; \
	  .venv/bin/relief compare "$(or $(OLD),HEAD)" output/review --html output/review/index.html \
	    --junit output/review/junit.xml $(ARGS) || test $$? -eq 1 || code=2; exit $$code

# A path alone: the server joins its token to it as a query, and would not to another query.
FIRST_PAGE := /lab/tree/notebooks/00_verdict.ipynb

lab: $(READY) ## open JupyterLab on notebook 00 (STUDY=path/to/folder for a study of your own; ARGS="--no-browser")
	@$(if $(STUDY),RELIEF_STUDY="`.venv/bin/python -c 'from sys import argv; from pathlib import Path; p = Path(argv[1]); print(p.resolve() if p.exists() else p)' "$(STUDY)"`") \
	  .venv/bin/jupyter lab --notebook-dir=. --LabApp.default_url="$(FIRST_PAGE)" $(ARGS)

notebooks: $(READY) ## run every notebook from a fresh kernel and save it (ARGS="notebooks/00_verdict.ipynb")
	@.venv/bin/python scripts/run_notebooks.py $(ARGS)
	@.venv/bin/python scripts/calibration_state.py

example: $(READY) ## simulate the example study again
	@.venv/bin/python -m analysis.simulate

published: $(READY) ## build data/raw/published again (EVIDENCE=published_results.csv)
	@test -n "$(EVIDENCE)" || { echo "Name the table of published results: make published EVIDENCE=published_results.csv" >&2; exit 1; }
	@.venv/bin/python -m analysis.evidence --build "$(EVIDENCE)"

therapy-course: $(READY) ## pool psychological treatments by weeks again (METAPSY=data.csv of doi:10.5281/zenodo.10027042)
	@test -n "$(METAPSY)" || { echo "Name the database's file: make therapy-course METAPSY=data.csv" >&2; exit 1; }
	@.venv/bin/python -m analysis.evidence --therapy "$(METAPSY)"

commands: $(READY) ## write docs/commands.md from the command line again
	@.venv/bin/python scripts/commands.py > docs/commands.md

docs: $(READY) ## build the pages of docs and the committed notebooks as a site, searched offline: output/site
	@rm -rf output/site
	@.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going -c docs --doctree-dir output/doctrees . output/site
	@echo output/site/docs/index.html

pages: $(READY) ## write into docs what its commands print and its pictures show today
	@.venv/bin/python -m tests.docs.shown

rules: $(READY) ## write docs/rules.md from the catalogue of rules again
	@.venv/bin/python -m analysis.rules > docs/rules.md

lock: .tools/.ready ## resolve the requirements again (UPGRADE=1 takes newer versions)
	@$(COMPILE) --all-extras -o requirements.lock pyproject.toml
	@$(COMPILE) --group tools -o requirements-tools.lock

# The packages compared with live in an environment of their own and are no dependencies.
benchmark: $(READY) ## time the mixed model against other software, as ratios in one run (minutes; ARGS=--large)
	@$(UV) venv --quiet --clear --no-project --python .venv/bin/python .tools/peers
	@$(UV) pip install --quiet --python .tools/peers/bin/python mixedlm-rs==0.2.0 mixedlm==1.3.0
	@OMP_NUM_THREADS=1 .venv/bin/python benchmarks/mmrm.py --peers .tools/peers/bin/python $(ARGS)

R_PACKAGES := r-base-core r-cran-nlme r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-glmmtmb \
	r-cran-emmeans r-cran-clubsandwich r-cran-numderiv r-cran-boot r-cran-exactranktests \
	r-cran-survival r-cran-mice r-cran-metafor
MMRM_REFERENCE := tests/reference/mmrm

estimates-characteristics: $(READY) ## level and coverage of every estimator by simulation, into docs (long; ARGS="--topics paired")
	@OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.estimates $(ARGS)

benchmark-estimates: $(READY) ## time many fits at once, resampling, Turnbull and imputation against plain ways, as ratios in one run (minutes)
	@for name in mmrm_many resampling turnbull imputation; do \
	  OMP_NUM_THREADS=1 .venv/bin/python benchmarks/$$name.py || exit 1; done

benchmark-imports: $(READY) ## time what the mixed model and the commands import, as ratios in one run (a minute)
	@OMP_NUM_THREADS=1 .venv/bin/python benchmarks/imports.py $(ARGS)

benchmark-judge: $(READY) ## judge 10,000 simulated trials: rate by part, ratio, scaling to 2 workers (a quarter of an hour; ARGS="--trials 400")
	@OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.judged_trials $(ARGS)

benchmark-notebooks: $(READY) ## time all notebooks of the 60 people of the example, kernels and imports beside (two minutes; ARGS=STUDY)
	@.venv/bin/python benchmarks/notebooks.py $(ARGS)

calibrate: $(READY) ## how often the procedure is wrong in simulated worlds; goes on where it stopped (hours; ARGS="--n 30")
	@.venv/bin/relief calibrate --resume --jobs -1 $(ARGS)
	@.venv/bin/python scripts/calibration_state.py

first-pass: $(READY) ## which scenarios are worst at other designs: 1,000 trials each (some ten minutes)
	@OMP_NUM_THREADS=1 .venv/bin/python scripts/first_pass.py

renew: $(READY) ## judge the stored trials again; where every word is the same the counts hold for the code of now (minutes)
	@.venv/bin/relief calibrate --renew --jobs -1 $(ARGS)
	@.venv/bin/python scripts/calibration_state.py

calibration-state: $(READY) ## write what was counted into README and docs/error_rates.md, or that it is pending
	@.venv/bin/python scripts/calibration_state.py

release-check: $(READY) ## refuse a release while a count that gate calibration asks for is pending or missing
	@.venv/bin/python scripts/calibration_state.py --check

r-references: $(READY) ## run the references in Debian's R again and write their listings (installs R; needs RELIEF_DATA; minutes)
	@test -n "$(RELIEF_DATA)" || { echo "Name the folder of open data: make r-references RELIEF_DATA=FOLDER" >&2; exit 1; }
	@apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(R_PACKAGES)
	@.venv/bin/python $(MMRM_REFERENCE)/synthetic.py > $(MMRM_REFERENCE)/synthetic.csv
	@for script in gls glmmtmb lmer; do \
	  Rscript $(MMRM_REFERENCE)/$$script.R "$(RELIEF_DATA)" $(MMRM_REFERENCE) $(MMRM_REFERENCE)/listings || exit 1; done
	@PYTHONPATH=. .venv/bin/python -m tests.reference.mmrm.compare
	@cd tests/reference/estimates && Rscript paired.R && Rscript who.R \
	  && for name in mixture turnbull rubin; do Rscript $$name.R > $$name.csv || exit 1; done
	@cd tests/reference/evidence && Rscript pooling.R listings

benchmark-data: $(READY) ## time reading, checking and placing of large exports (ARGS="--scale 0.1"; whole: minutes, gigabytes)
	@.venv/bin/python benchmarks/data_layer.py $(ARGS)

coverage: $(READY) ## branches of readers, checks and drafts that tests reach, at least 95 %, and the lines they do not
	@.venv/bin/python -m pytest -q tests/readers tests/checks tests/bad_inputs tests/instruments tests/draft \
		--cov=analysis.readers --cov=analysis.checks --cov=analysis.draft --cov-branch \
		--cov-report=term-missing:skip-covered --cov-fail-under=95 $(ARGS)

fuzz: $(READY) ## try hostile inputs of every format and hold the promises made of bad input (ARGS="--minutes 5 --seed 1 --keep DIR")
	@.venv/bin/python -m tests.fuzz $(ARGS)

operating-characteristics: $(READY) ## level and coverage of the mixed model by simulation (long)
	@.venv/bin/python benchmarks/mmrm_operating_characteristics.py $(ARGS)

set-up: $(READY) ## only make the environment

set-up-time: ## measure report and test in a fresh clone, cold and warm
	@$(find_python); "$$python" scripts/set_up_time.py $(ARGS)

clean: ## remove the environment, the tools, caches, reports and copies of notebooks
	@rm -rf .tools .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build dist reports output

# Targets by what they are for; what is in neither group maintains the project.
USE := report lab notebooks review data docs set-up help
CHECK := lint format test test-long test-python test-newest coverage fuzz release-check set-up-time \
	benchmark benchmark-data benchmark-estimates benchmark-imports benchmark-judge \
	benchmark-notebooks

help: ## this list
	@awk -F ':.*## ' -v use=" $(USE) " -v check=" $(CHECK) " ' \
	  /^[a-z-]+:.*## / { group = index(use, " " $$1 " ") ? 1 : index(check, " " $$1 " ") ? 2 : 3; \
	    text[group] = text[group] sprintf("  make %-25s %s\n", $$1, $$2) } \
	  END { printf "Use it\n%s\nCheck it\n%s\nMaintain it\n%s", text[1], text[2], text[3] }' Makefile

.tools/.ready: requirements-tools.lock
	@echo "Setting up: uv, by pip"
	@rm -rf .tools
	@$(find_python); PIP_USER=0 PIP_ROOT_USER_ACTION=ignore "$$python" -m pip install --quiet --disable-pip-version-check --no-input \
		--require-hashes --only-binary :all: --target .tools -r requirements-tools.lock
	@touch $@

# One stamp for all: it is written last, so an interrupted set-up starts over.
$(READY): .tools/.ready requirements.lock pyproject.toml
	@echo "Setting up: .venv from requirements.lock (the first time about a minute)"
	@if [ "`cat $@ 2>/dev/null`" != "`pwd -P`" ] || ! .venv/bin/python -c '' 2>/dev/null; then \
		$(find_python); $(UV) venv --quiet --clear --no-project --python "$$python" .venv; fi
	@$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python .venv/bin/python --offline --no-deps --no-build-isolation --editable .
	@# Else the first figure of the first notebook could carry a note about the font cache.
	@.venv/bin/python -c 'import matplotlib.font_manager'
	@pwd -P > $@
