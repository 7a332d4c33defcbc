# `make demo` and `make test` are all the set-up there is; PYTHON=/path/to/python chooses the interpreter.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export PYTHON

BIN := .venv/bin
TRAIN := .venv-train/bin
DEMO := out/demo
EVALUATION := out/evaluation
PATIENTS := 30
FUZZ_MUTANTS := 10000
SOURCES := . bin/monai-deploy
NOTEBOOKS := $(patsubst docs/notebooks/%.py,out/notebooks/%.md,$(wildcard docs/notebooks/*.py))
SITE := PYTHONPATH=packaging:. NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs
UV := uv==0.13.9

# whole files go to the workers, the longest first (tests/conftest.py); more than four find too little to do
WORKERS := $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -lt 4 ] && echo $$n || echo 4)
IN_PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# a worker for every core: threads within each would wait for one another, and a thread that waits keeps its core busy
ONE_THREAD := OMP_NUM_THREADS=1
# both environments measure into a file of their own; what they cover together is reported at the end
COVER := --cov --cov-report= --cov-fail-under=0
SIDE_BY_SIDE := scripts/side-by-side.sh
# what is compiled once is kept: otherwise each of hundreds of processes would compile all modules anew
unexport PYTHONDONTWRITEBYTECODE

# the image: MAP_GPU=1 for the CUDA build of torch, MAP_BASE=NAME for another base image
MAPBUILD := PYTHONPATH=packaging $(BIN)/python -m mapbuild
MAP_OPTIONS := $(if $(MAP_GPU),--gpu) $(if $(MAP_BASE),--base $(MAP_BASE))

.PHONY: help demo lock evaluation env-evaluation figures map map-context container-tools sbom audit test test-application test-map test-slow lint format schema env env-dev env-train env-docs docs docs-serve notebooks release-check test-training system-packages browser viewer faults soak fuzz bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env ## set-up, phantom study, the application on it, a summary
	@rm -rf $(DEMO)
	$(BIN)/cmrmap phantom study -o $(DEMO)/study --hematocrit-file
	$(BIN)/python -m app -i $(DEMO)/study/dicom -o $(DEMO)/results
	@$(BIN)/cmrmap summary $(DEMO)/study $(DEMO)/results

evaluation: env-evaluation ## the paper's evaluation on virtual patients, PATIENTS=30; resumes where it was stopped
	$(BIN)/cmrmap phantom cohort -o $(EVALUATION)/cohort --patients $(PATIENTS)
	for outlines in network exact reader; do \
	    $(BIN)/cmrmap cohort -i $(EVALUATION)/cohort -o $(EVALUATION)/$$outlines --outlines $$outlines || exit 1; done
	$(BIN)/cmrmap evaluate cohort -r network=$(EVALUATION)/network -r exact=$(EVALUATION)/exact \
	    -r reader=$(EVALUATION)/reader --reference truth=$(EVALUATION)/cohort --reference reader=$(EVALUATION)/reader \
	    --studies $(EVALUATION)/cohort -o $(EVALUATION)/report

figures: demo env-dev system-packages browser ## the demo, and the pictures of the documents drawn from it
	$(BIN)/python docs/figures/demo_maps.py $(DEMO)/study/dicom $(DEMO)/results
	$(BIN)/python docs/figures/tour_objects.py $(DEMO)/results
	$(BIN)/python docs/figures/tour_study.py $(DEMO)/study/dicom $(DEMO)/results $(DEMO)/reader/dicom
	$(BIN)/cmrmap run -i $(DEMO)/reader/dicom -o $(DEMO)/reader/results
	$(BIN)/python docs/figures/tour_report.py $(DEMO)/results $(DEMO)/reader/results

map: container-tools env-dev ## the container image, by docker or buildah (MAP_GPU=1: for GPUs too)
	$(MAPBUILD) build $(MAP_OPTIONS)

container-tools: # asked before minutes go into the set-up
	@scripts/container-tools.sh

sbom: env-dev ## out/sbom: what the image is made of (CycloneDX) and under which licences
	$(MAPBUILD) sbom $(MAP_OPTIONS)

audit: env-dev ## known vulnerabilities of the locked packages, if the data can be reached
	$(BIN)/python scripts/audit.py

test-map: map ## the image built and run under the contracts of its hosts
	CMRMAP_TEST_IMAGE=1 $(BIN)/pytest tests/integration/image

map-context: env-dev ## what the image is built from, rendered and checked without any engine
	$(MAPBUILD) context $(MAP_OPTIONS)

test: ## set-up, checks of the source, all tests except the slow ones, their coverage
	@$(SIDE_BY_SIDE) '$(MAKE) --no-print-directory env-dev' '$(MAKE) --no-print-directory system-packages'
	@rm -f .coverage .coverage.*
	@$(SIDE_BY_SIDE) '$(MAKE) --no-print-directory test-application' \
	    '$(MAKE) --no-print-directory --keep-going lint test-training'
	@$(BIN)/coverage combine --quiet .coverage.application .coverage.training
	$(BIN)/coverage report

test-application: env-dev ## all tests except the slow ones and those of the training environment
	@$(BIN)/python -c 'import cmrmap.relaxometry as r; r.fit_relaxation([[3, 2, 1]], [10, 20, 30], "t2_2p")' # compiles the fit, once
	COVERAGE_FILE=.coverage.application $(ONE_THREAD) $(BIN)/pytest $(IN_PARALLEL) -m "not slow" $(COVER)

test-slow: env-dev env-train system-packages browser viewer ## the slow tests, which `make test` leaves out (CI runs both)
	@scripts/layered-environment.sh docs || true # not with Python 3.10; where it should be there, the tests tell that it is not
	$(ONE_THREAD) $(BIN)/pytest $(IN_PARALLEL) -m "slow and not training"
	$(ONE_THREAD) $(TRAIN)/python -m pytest -m "slow and training" tests/unit/training

fuzz: env-dev ## FUZZ_MUTANTS=10000 damaged studies through the command; resumes where it was stopped (docs/dev/fuzz.md)
	$(ONE_THREAD) $(BIN)/python -m tests.fuzz --count $(FUZZ_MUTANTS) --workers $(WORKERS) --state out/fuzz/state.jsonl

test-training: env-dev env-train ## the tests that need the training environment
	COVERAGE_FILE=.coverage.training $(ONE_THREAD) $(TRAIN)/python -m pytest -m "training and not slow" $(COVER) tests/unit/training tests/unit/evaluation

faults: env-dev ## runs that are killed, stopped or starved at chosen moments, and what they leave; resumes where it was stopped
	$(BIN)/python -m tests.faults --state out/faults/state.jsonl
	$(BIN)/python -m tests.faults --plants
	$(BIN)/python -m tests.faults.tally out/faults/state.jsonl

soak: env-dev ## hundreds of studies in one process, a thousand in a cohort: memory and open files; the cohort resumes where it was stopped
	$(BIN)/python -m tests.soak graph
	$(BIN)/python -m tests.soak cohort
	$(BIN)/python -m tests.soak growth

lint: env-dev ## ruff, mypy, the import rules, spelling
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z | xargs -0 -r $(BIN)/codespell

lock: env-dev ## versions and hashes: requirements.txt from requirements.in, and torch for the image (packaging/torch-*.txt)
	$(BIN)/python -m pip install --quiet $(UV)
	$(BIN)/uv pip compile requirements.in --quiet --universal --python-version 3.10 --generate-hashes \
	    --custom-compile-command "make lock" --output-file requirements.txt
	$(BIN)/uv pip compile requirements-torch.txt --constraint requirements.txt --quiet --generate-hashes --no-annotate \
	    --python-platform x86_64-manylinux_2_28 --python-version 3.11 \
	    --custom-compile-command "make lock" --output-file packaging/torch-cuda.txt
	$(MAPBUILD) lock

format: env-dev ## format the source
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

schema: env ## docs/results.schema.json from the fields of cmrmap/results/document.py
	$(BIN)/python -m cmrmap.results.json_schema docs/results.schema.json

env: ## .venv with what the application needs
	@scripts/environment.sh runtime

env-evaluation: ## .venv with what cohorts and statistics need as well
	@scripts/environment.sh evaluation

env-dev: ## .venv with what the tests need as well
	@scripts/environment.sh dev

env-train: ## .venv-train: .venv and what training on cases needs (MONAI)
	@scripts/layered-environment.sh train

env-docs: env-dev ## .venv-docs: .venv and what builds the site (MkDocs); needs Python 3.11
	@scripts/layered-environment.sh docs

docs: env-docs notebooks ## out/site: the documents as pages that open offline (out/site/index.html)
	$(SITE) build --quiet
	PYTHONPATH=packaging $(BIN)/python -m sitebuild.check_links out/site
	@echo "open out/site/index.html"

docs-serve: env-docs notebooks ## the same while you write, on http://127.0.0.1:8000
	$(SITE) serve

notebooks: env-dev $(NOTEBOOKS) ## runs the notebooks that changed, on a phantom, with their output and figures

out/notebooks/%.md: docs/notebooks/%.py
	PYTHONPATH=packaging:. $(BIN)/python -m sitebuild.notebooks $< --output out/notebooks

release-check: env-dev env-docs ## the checks before a release: distributions, installed wheel, acceptance, site, SBOM, image
	scripts/release-check.sh

system-packages: ## DICOM tools that tests use, if they may be installed
	@scripts/system-packages.sh dcmtk dicom3tools orthanc orthanc-dicomweb poppler-utils jq nodejs || true

browser: ## Chromium for the tests of the HTML report, if it may be installed
	@scripts/system-packages.sh chromium || true

viewer: browser ## OHIF and a proxy for the tests that open results in a viewer, if they may be fetched
	@scripts/system-packages.sh nginx-light || true
	@command -v npm >/dev/null || scripts/system-packages.sh npm || true
	@scripts/viewer-distribution.sh || true

# those that need a study, a cohort or a folder of your own, and the one that adds to a file of the repository
BENCH_BY_HAND := ablation clinical_series edit_time fewer_looks heart_signs held_out_walls left_out_images \
	overlap_limits real_study refine_gain regions_on_maps robustness same_results unanimous_edges whole_job wide_cohort

bench: env-dev ## every benchmark that needs no images of your own, one after the other
	@for script in $(filter-out $(BENCH_BY_HAND:%=benchmarks/%.py),$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean: ## remove .venv and everything that was made
	rm -rf .venv .venv-train .venv-docs out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
