# Every target is a check of .ci/run, or a few of them. CI runs .ci/run as it is.

.DEFAULT_GOAL := help
RUN := .ci/run

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## what to run before a commit: all checks but the slow ones
	$(RUN) tools fmt tidy generate vet lint fix build test cover

ci: ## all checks, as CI runs them
	CI=true $(RUN)

test: ## the tests of all modules
	$(RUN) test

race: ## the same under the race detector, in random order
	$(RUN) race

fmt: .tools ## format all Go files
	git ls-files -co --exclude-standard '*.go' | xargs .tools/gofumpt -w

lint: ## vet and staticcheck
	$(RUN) tools vet lint

api: ## rewrite the golden file of the API, api/websockets.txt
	go test ./internal/repotest -run '^TestAPI$$' -update

arm64: ## the tests of the vector instructions of arm64, in an emulator
	$(RUN) arm64

cover: ## the pure packages reach every statement with their own tests
	$(RUN) cover

fuzz: ## every fuzz target for FUZZTIME (10s)
	$(RUN) fuzz

faults: ## cut cables, kill peers, fill buffers: each fault with its bound, in minutes
	$(RUN) faults

fuzz-night: ## every fuzz target, FUZZ_TOTAL (8h) in all; the table is in docs/reference/fuzzing.md
	nice go run ./internal/fuzz/cmd -total $(or $(FUZZ_TOTAL),8h) -doc docs/reference/fuzzing.md

interop: ## install the peers, then test against them
	$(RUN) install
	cd interop && WS_INTEROP=require go test -count=1 -v ./...

bench: ## this library beside others, in three minutes: tables and a page of plots
	go run ./bench/cmd/compare

bench-full: ## all works and rivals, and 200,000 connections, into docs/reference: half an hour
	bench/install
	go run ./bench/cmd/compare -full -many 200000 -out docs/reference/benchmarks -docs docs/reference/benchmarks.md

bounds: ## what hostile peers cost, in memory, processor time and other peers' time
	go run ./bench/cmd/bounds -docs docs/reference/bounds.md

soak: ## 15 minutes of 10,000 connections that keep books: nothing lost, nothing grows
	go run ./bench/cmd/soak -docs docs/reference/soak.md

bench-code: ## the benchmarks next to the code, ten times, for .tools/benchstat
	go test -run '^$$' -bench . -benchmem -count 10 ./...

mutate: ## break the code by rule: which share do the tests of these packages notice
	go run ./internal/mutate/cmd frame protocol handshake deflate

mutate-trust: ## bring the faults of others here, one at a time: the tests must notice
	go run ./internal/mutate/cmd -table trust/mutations.txt

clean: ## remove what the targets made
	rm -rf .tools interop/artifacts bench/results

.tools:
	$(RUN) tools

.PHONY: help check ci test race fmt lint api arm64 cover fuzz fuzz-night faults interop bench bench-full bounds soak bench-code mutate mutate-trust clean
