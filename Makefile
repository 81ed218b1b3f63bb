# Deskbell. `make` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
LINT_VERSION := v2.15.0
CACHE := $(if $(filter 0,$(shell id -u)),/var/cache/deskbell,$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/deskbell)
LINT := $(CACHE)/golangci-lint-$(LINT_VERSION)/golangci-lint
LDFLAGS := -s -w
# Random tests print their seed; SEED=… plays one again.
export SEED

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## run the demo: set up what is missing, then a made-up shop with a bot and a desk
	@.ci/setup
	@bin/deskbell demo

build: ## build bin/deskbell
	@CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/deskbell ./cmd/deskbell

test: ## set up what is missing, then pass all tests
	@.ci/setup --tests
	go test ./...

check: lint ## what CI runs: format, vet, lint, all tests with the race detector
	@.ci/setup --tests
	go test -race -timeout 9m ./...

lint: $(LINT) ## format, vet, licences, lint
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "not formatted (gofmt -w .):"; echo "$$out"; exit 1; fi
	go vet ./...
	go run ./cmd/licences -check
	$(LINT) run ./...

$(LINT):
	@echo "building golangci-lint $(LINT_VERSION) (once) …"
	@mkdir -p $(@D) && GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

prove: ## the full counts of the random and crash tests
	@.ci/setup --tests
	PROVE=1 go test -count 1 -timeout 60m -run 'Crash|Matrix|Cards|TheIndexFinds|NoInternal|Drained|Texts|Costs' -v ./cmd/... ./notify/... ./knowledge/... ./handover/... ./copilot/... | grep -vE '^(=== |time=)'

fuzz: ## fuzz the readers, the masker and the repair of JSON, 30 s each (FUZZTIME=…)
	@for at in knowledge:FuzzChunks knowledge/sources:FuzzMarkdown knowledge/sources:FuzzHTML knowledge/sources:FuzzTable knowledge/sources:FuzzWord knowledge/sources:FuzzPDF copilot:FuzzMask copilot:FuzzDecode notify/slack:FuzzDrawn; do \
		go test ./$${at%%:*} -run NONE -fuzz "^$${at##*:}$$" -fuzztime $(or $(FUZZTIME),30s) || exit 1; done

bench: build ## speed beside the floor of the same run
	@.ci/setup --tests
	BENCH=1 go test -p 1 -count 1 -timeout 20m -run 'TestBench|CostOf' -v ./cmd/deskbell ./copilot ./knowledge ./knowledge/postgres ./knowledge/sources ./notify/slack | grep -vE '^(=== |time=)'

eval: build ## measure the copilot on labelled data: make eval DATA=DIR
	@.ci/setup
	@bin/deskbell eval all --data $(DATA) --data copilot/eval/testdata

licences: ## list the licences of what is built in: docs/licences.md
	@go run ./cmd/licences

audit: ## look for known vulnerabilities in what is built in; needs a network
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

sbom: ## write bin/sbom.json, a bill of materials in CycloneDX
	@mkdir -p bin
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 app -json -licenses -std -output bin/sbom.json -main cmd/deskbell .

weights: ## learn the weights that ship: make weights DATA=DIR
	@.ci/setup
	go run ./cmd/train -data $(DATA)

.PHONY: help run build test check lint prove fuzz bench eval licences audit sbom weights
