# SPDX-License-Identifier: MIT
# The front door. Everything real is in CMakeLists.txt and scripts/; `make help` lists what there is.

MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
RELEASE := build/release
DEV := build/dev

.DEFAULT_GOAL := build

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
	    while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done

.PHONY: build
build: ## Build the release; the program is build/nordfu (this is also what `make` alone does)
	@scripts/bootstrap.sh build
	@test -f $(RELEASE)/Makefile || cmake --preset release -DNORDFU_TESTS=OFF -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --build $(RELEASE) -j$(JOBS)
	@ln -sfn release/nordfu build/nordfu

.PHONY: demo
demo: build ## Update a simulated device over a simulated dongle, from key to new version
	@scripts/demo.sh build/nordfu

.PHONY: test
test: ## Build with sanitizers, run all tests and checks
	@scripts/test.sh $(DEV) $(JOBS)

.PHONY: test-foreign
test-foreign: build ## Update simulated devices with a DFU client that is not ours (an npm package)
	@scripts/test_foreign.sh build/nordfu build/foreign

.PHONY: lint
lint: ## Check layers, source rules, formatting and the man page
	@scripts/check_layers.sh
	@scripts/check_source.sh
	@scripts/check_man.sh

.PHONY: format
format: ## Format all C files in place (needs clang-format)
	@scripts/format.sh

.PHONY: install
install: ## Install the built release under PREFIX (default /usr/local); DESTDIR works
	@test -x $(RELEASE)/nordfu || { echo "Run \`make\` first, as yourself." >&2; exit 1; }
	@cmake --install $(RELEASE) --prefix $(PREFIX)

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf build
