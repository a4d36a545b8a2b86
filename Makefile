# Two targets do everything on a fresh machine that has Go and make:
# `make demo` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
CONSOLE := web/console
BUILDFLAGS ?= -trimpath
LINT := honnef.co/go/tools/cmd/staticcheck@v0.8.2
RACE = GOTMPDIR=$${TMPDIR:-/tmp} TMPDIR=$$(scripts/ramdir.sh) $(GO) test -race
VULN := golang.org/x/vuln/cmd/govulncheck@v1.8.0

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## Build ./vigia
	$(GO) build $(BUILDFLAGS) -ldflags '-X main.version=$(VERSION)' -o vigia ./cmd/vigia

.PHONY: demo
demo: build ## Run everything over a made-up town; HEADLESS=1 exits by itself
	./vigia demo

.PHONY: test
test: tools ## Install what the tests need, then run all of them
	@$(MAKE) --no-print-directory --output-sync=target -j2 check console-check
	@$(MAKE) --no-print-directory test-go
	@$(MAKE) --no-print-directory test-console

.PHONY: tools
tools: ## Install what the tests need, or say what is missing
	@scripts/tools.sh

.PHONY: check
check: ## Format, vet, lint, known vulnerabilities
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt-ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(LINT) ./...
	@scripts/vuln.sh $(VULN)

.PHONY: test-go
test-go: ## The Go tests, the concurrent rooms under the race detector
	$(GO) test -timeout 14m ./...
	$(RACE) -short -timeout 10m ./stream/... ./store/... ./service/... ./web/...

.PHONY: console
console: ## Build the console into web/dist
	cd $(CONSOLE) && npm ci --no-audit --no-fund && npm run build

.PHONY: console-check
console-check: ## Check the console, and fail if the committed build is stale
	cd $(CONSOLE) && npm ci --no-audit --no-fund
	@scripts/dist-fresh.sh
	cd $(CONSOLE) && npm run check

.PHONY: test-console
test-console: BUILDFLAGS = # what the tests compiled serves again
test-console: build ## The console in a browser, against a mock and against the real server
	cd $(CONSOLE) && npm test
	scripts/e2e.sh

.PHONY: fuzz
fuzz: ## Every parser of outside bytes, FUZZTIME each (default 10m), FUZZJOBS side by side
	scripts/fuzz.sh $(or $(FUZZTIME),10m) $(or $(FUZZJOBS),1)

.PHONY: latency
latency: build ## From a sensor's byte to a pixel: fifty drones, on an idle machine
	cd $(CONSOLE) && npm ci --no-audit --no-fund
	VIGIA_LATENCY=$(or $(SPAN),30s) $(GO) test ./cmd/vigia -run Latency -v -count 1

.PHONY: town
town: ## Two flights over each of TOWNS made-up towns (default 200), with the plot; a quarter of them with two sources; half of them empty
	@mkdir -p docs/plots
	$(GO) test ./core/localise -run TownFlights -v -timeout 0 -town-cases $(or $(TOWNS),200) -town-from 101 -town-plot $(CURDIR)/docs/plots/town.png
	$(GO) test ./core/localise -run TownPairs -v -timeout 0 -town-cases $$(( $(or $(TOWNS),200) / 4 )) -town-from 101
	VIGIA_SEEDS=$$(( $(or $(TOWNS),200) / 2 )) $(GO) test ./core/localise -run EmptyTown -v -timeout 0

.PHONY: bench
bench: ## The benchmarks beside the hot loops
	$(GO) test -run '^$$' -bench . -benchmem ./...
