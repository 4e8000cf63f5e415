# make demo   the main job on embedded data          make test    all tests
# make check  lint, format check, tests (CI)         make format  rewrite to the house style
# make fuzz   200 damaged model files of each kind   (minutes; each is refused or works)
# make bench  speed, beside other libraries          make clean   remove all this, runs/ too
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint check format fuzz bench clean

setup: $(STAMP)

$(STAMP): setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "aaa_tf needs Python 3.11 to 3.13 (Keras 3.15 does); try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $(STAMP)

# The main job: train A, B and C, the autoencoder before A and B, measure all three, export.
demo: setup
	bin/train_aaa --dataset=digits --loss=xent_mse --run_dir=runs/demo --export_dir=runs/demo/saved_models

# Two workers, a file each at a time: half of the time goes into single-threaded imports of TensorFlow.
# In the order of names: by number of tests, files that take minutes for two tests would come last.
test: setup
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

check: lint test

format: setup
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

fuzz: setup
	$(VENV)/bin/python -m tests.model_file_fuzzer --count=200

# Beside other libraries, in an environment of its own; CLASSIFIER is classifier A, naturally trained on MNIST.
BENCH_VENV := .venv-bench
CLASSIFIER ?= runs/classifiers/mnist_A_cpu/classifier.keras

bench: setup $(BENCH_VENV)/.installed
	$(VENV)/bin/python benchmarks/training_step.py
	$(BENCH_VENV)/bin/python benchmarks/side_by_side.py $(CLASSIFIER)

$(BENCH_VENV)/.installed: benchmarks/bench.txt setup.py constraints.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	PIP_CONSTRAINT=constraints.txt $(BENCH_VENV)/bin/python -m pip install --quiet -e . -r benchmarks/bench.txt
	$(BENCH_VENV)/bin/python -m pip install --quiet --no-deps torchattacks==3.5.1
	touch $@

clean:
	rm -rf $(VENV) $(BENCH_VENV) runs build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
