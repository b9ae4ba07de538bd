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
# how every binary is built that people get: nothing of this machine is in it
BUILD    := -modfile=bin/slim.mod -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
RACE     := $(shell scripts/race)
LINT     := go tool -modfile=tools/go.mod golangci-lint
# whether Node is there, and new enough
NODE     := node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null
# what the web app is built from; its types come from the server's own documents
WEB      := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/src/made/*' 2>/dev/null)
WIRE     := $(wildcard *.go internal/rest/*.go internal/rest/data/*.json)

.DEFAULT_GOAL := help
.PHONY: help run build app release test test-release test-go test-coverage test-web test-e2e test-e2e-web test-swift test-swift-tsan bench-swift check check-web generate fuzz bench bench-web bench-fill bench-cluster bench-go

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: build ## build and serve on ZIKR_ADDR with the embedded database
	bin/zikr serve

build: app bin/slim.mod ## build bin/zikr, one static file with the web app in it
	CGO_ENABLED=0 go build $(BUILD) -o bin/zikr ./cmd/zikr

# go.mod for binaries that are built: the linker can leave out what nobody calls
bin/slim.mod: go.mod go.sum scripts/slim scripts/kong.patch
	@scripts/slim

app: # the web app, unless there is no Node: then the binary says how to build it
	@if $(NODE); then $(MAKE) --no-print-directory internal/web/dist/index.html; \
	else echo "the web app is left out: Node 20 or later is not installed"; fi

internal/web/dist/index.html: web/node_modules/.package-lock.json $(WEB) $(WIRE)
	cd web && npm run --silent build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

# RELEASE_ONLY=linux/amd64,… makes a part
release: build ## make what people download, in bin/release: binaries, packages, checksums, licences (RELEASE_ONLY=)
	go run -C release . -version '$(VERSION)' -only '$(RELEASE_ONLY)'

test: ## run all tests, with the race detector; say what had to be skipped
	@scripts/test

test-go: # the Go tests, without the root package, which test-coverage runs
	go test $(RACE) -timeout 20m ./bench/... ./cmd/... ./internal/...

test-coverage: # the root package, at least COVERAGE percent of it covered by its own tests
	@mkdir -p bin
	go test $(RACE) -timeout 20m -coverpkg=$(ROOT) -coverprofile=bin/cover.out .
	@go tool cover -func=bin/cover.out | awk -v least=$(COVERAGE) \
		'/^total:/ { share = $$3 + 0; printf "the domain is covered to %.1f %% (at least %d %% needed)\n", share, least; exit share < least }'

test-release: build # what is in deploy/, and a release for this machine: its size, its bytes, its package
	go test -C release/rules ./...
	go test -C release -timeout 30m ./...
	go test -C release/authority ./...

test-web: build # the web app's own tests; those of its core follow a real server
	cd web && ZIKR_TEST_BINARY=$(CURDIR)/bin/zikr npm test && npm run --silent size

test-e2e-web: build e2e/node_modules/.package-lock.json # the app in a real browser, on a binary with the race detector
	$(E2E) -- web/

test-e2e: build e2e/node_modules/.package-lock.json # from outside, against that binary
	$(E2E)

# what is measured by its memory is what people get, which is built anyway
E2E = cd e2e && ZIKR_TEST_LEAN_BINARY='$(CURDIR)/bin/zikr' npm test

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund --ignore-scripts
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
	for module in release release/authority release/rules; do go vet -C $$module ./... && (cd $$module && go mod tidy -diff) || exit 1; done
	@mkdir -p bin
	go run ./cmd/zikr asyncapi --markdown > bin/events.md
	diff -u docs/events.md bin/events.md || { echo "docs/events.md is out of date: make generate"; exit 1; }
	@rm -rf bin/made && mkdir -p bin/made
	cp docs/security.md bin/security.md
	go run ./cmd/zikr bounds --into bin/security.md
	diff -u docs/security.md bin/security.md || { echo "the table of docs/security.md is out of date: make generate"; exit 1; }
	$(call made-swift,bin/made)
	diff -ru $(SWIFT_MADE) bin/made || { echo "the Swift client's types are out of date: make generate"; exit 1; }
	@if $(NODE); then $(MAKE) --no-print-directory check-web; else echo "the web app is not checked: Node 20 or later is not installed"; fi

check-web: internal/web/dist/index.html # format, types, lint and sentences of the web app
	cd web && npm run --silent check

# what the Swift client takes from the server's own description of itself
define made-swift
	go run ./cmd/zikr asyncapi > bin/asyncapi.json
	go run ./cmd/zikr openapi > bin/openapi.json
	go run ./clients/swift/generate -asyncapi bin/asyncapi.json -openapi bin/openapi.json -out $(1)
endef

generate: ## write docs/events.md, the table of docs/security.md and the Swift client's types anew from event.go and the REST API
	@mkdir -p bin
	$(call made-swift,$(SWIFT_MADE))
	go run ./cmd/zikr asyncapi --markdown > bin/events.md
	mv bin/events.md docs/events.md
	go run ./cmd/zikr bounds --into docs/security.md

fuzz: ## run each fuzz target for FUZZTIME (default 1m)
	@scripts/fuzz $(FUZZTIME)

bench: build $(if $(BENCH_BEFORE),,bench/peer/node_modules/.package-lock.json) ## measure the whole beside a Node peer, or the release before (BENCH_BEFORE=its binary BENCH_RUNS=3 BENCH_TIME=5m BENCH_ONLY=)
	@go run ./bench -before '$(BENCH_BEFORE)' -runs $(BENCH_RUNS) -within $(BENCH_TIME) -full '$(BENCH_FULL)' -only '$(BENCH_ONLY)'

bench/peer/node_modules/.package-lock.json: bench/peer/package-lock.json
	cd bench/peer && npm ci --no-audit --no-fund
	@touch $@

bench-web: build e2e/node_modules/.package-lock.json ## measure the web app in Chromium, as a cheap phone on a slow line has it (RUNS=5 EVENTS=24000)
	@cd e2e && ZIKR_TEST_BINARY=$(CURDIR)/bin/zikr node web/bench.js

bench-fill: build ## make a data folder of 10 million counts, for those of them that need it, in BENCH_FULL (4 GB)
	@go run ./bench -fill -full '$(BENCH_FULL)'

bench-cluster: build e2e/node_modules/.package-lock.json ## measure one, two and three nodes over PostgreSQL and Redis (BENCH_RUNS=3 BENCH_ONLY=)
	@RUNS=$(BENCH_RUNS) node bench/cluster.mjs $(BENCH_ONLY)

bench-go: ## run the benchmarks of single parts
	@go test -run '^$$' -bench . -benchmem ./... | grep -v 'no test files'
