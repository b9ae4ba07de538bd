# What everyone needs: make help

ROOT     := github.com/zikr-app/zikr
COVERAGE := 90
FUZZTIME ?= 1m
BENCH_RUNS ?= 3
BENCH_TIME ?= 5m
BENCH_ONLY ?=
BENCH_FULL ?= bin/bench-full
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
# the race detector needs a C compiler; scripts/test says when there is none
RACE     := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)
LINT     := go tool -modfile=tools/go.mod golangci-lint

.DEFAULT_GOAL := help
.PHONY: help run build test test-go test-coverage test-e2e test-swift test-swift-tsan bench-swift check generate fuzz bench bench-fill bench-cluster bench-go

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: build ## build and serve on ZIKR_ADDR with the embedded database
	bin/zikr serve

build: ## build bin/zikr
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/zikr ./cmd/zikr

test: ## run all tests, with the race detector; say what had to be skipped
	@scripts/test

test-go: # the Go tests, without the root package, which test-coverage runs
	go test $(RACE) -timeout 10m ./bench/... ./cmd/... ./internal/...

test-coverage: # the root package, at least COVERAGE percent of it covered by its own tests
	@mkdir -p bin
	go test $(RACE) -timeout 10m -coverpkg=$(ROOT) -coverprofile=bin/cover.out .
	@go tool cover -func=bin/cover.out | awk -v least=$(COVERAGE) \
		'/^total:/ { share = $$3 + 0; printf "the domain is covered to %.1f %% (at least %d %% needed)\n", share, least; exit share < least }'

test-e2e: e2e/node_modules/.package-lock.json # from outside, against the built binary
	cd e2e && npm test

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund
	@touch $@

# where Swift is: on this machine, or in a folder that scripts/swift made. The tests run inside it, so the server does too
SWIFT      := scripts/swift
SWIFT_MADE := clients/swift/Sources/ZikrClient/Made
SWIFT_TEST = ZIKR_TEST_BINARY='$(CURDIR)/bin/zikr' $(SWIFT) test --disable-xctest

test-swift: # the Swift client, against the built server; says when there is no Swift
	@$(SWIFT) --there && $(MAKE) --no-print-directory build && $(SWIFT_TEST) --scratch-path bin/swift || { code=$$?; [ $$code = 3 ] || exit 1; }

test-swift-tsan: build # the same with the thread sanitizer
	$(SWIFT_TEST) --scratch-path bin/swift-tsan --sanitize thread

bench-swift: build ## measure the Swift client (BENCH_RUNS=3)
	@clients/swift/bench $(BENCH_RUNS)

check: ## check format, vet, lint, module files and generated files
	$(LINT) fmt --diff
	go vet ./...
	$(LINT) run ./...
	go mod tidy -diff
	@mkdir -p bin
	go run ./cmd/zikr asyncapi --markdown > bin/events.md
	diff -u docs/events.md bin/events.md || { echo "docs/events.md is out of date: make generate"; exit 1; }
	@rm -rf bin/made && mkdir -p bin/made
	$(call made-swift,bin/made)
	diff -ru $(SWIFT_MADE) bin/made || { echo "the Swift client's types are out of date: make generate"; exit 1; }

# what the Swift client takes from the server's own description of itself
define made-swift
	go run ./cmd/zikr asyncapi > bin/asyncapi.json
	go run ./cmd/zikr openapi > bin/openapi.json
	go run ./clients/swift/generate -asyncapi bin/asyncapi.json -openapi bin/openapi.json -out $(1)
endef

generate: ## write docs/events.md and the Swift client's types anew from event.go and the REST API
	@mkdir -p bin
	$(call made-swift,$(SWIFT_MADE))
	go run ./cmd/zikr asyncapi --markdown > bin/events.md
	mv bin/events.md docs/events.md

fuzz: ## run each fuzz target for FUZZTIME (default 1m)
	@scripts/fuzz $(FUZZTIME)

bench: build bench/peer/node_modules/.package-lock.json ## measure the whole beside a Node peer (BENCH_RUNS=3 BENCH_TIME=5m BENCH_ONLY=)
	@go run ./bench -runs $(BENCH_RUNS) -within $(BENCH_TIME) -full '$(BENCH_FULL)' -only '$(BENCH_ONLY)'

bench/peer/node_modules/.package-lock.json: bench/peer/package-lock.json
	cd bench/peer && npm ci --no-audit --no-fund
	@touch $@

bench-fill: build ## make a data folder of 10 million counts, for those of them that need it, in BENCH_FULL (4 GB)
	@go run ./bench -fill -full '$(BENCH_FULL)'

bench-cluster: build e2e/node_modules/.package-lock.json ## measure one, two and three nodes over PostgreSQL and Redis (BENCH_RUNS=3 BENCH_ONLY=)
	@RUNS=$(BENCH_RUNS) node bench/cluster.mjs $(BENCH_ONLY)

bench-go: ## run the benchmarks of single parts
	@go test -run '^$$' -bench . -benchmem ./... | grep -v 'no test files'
