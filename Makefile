# make          build bin/safemigrate
# make test     everything: finds or installs PostgreSQL and MariaDB, leaves nothing running;
#               CHANGES=N: one of N of PostgreSQL's change cases, by TURN
# make test-versions   the PostgreSQL engine's tests on each of VERSIONS; SHARE=N: a part of them, by TURN
# make test-mysql      the tests of the MariaDB and MySQL engine on MySQL, where that can be had;
#                      MYSQL=8.0: on that version; BRIEF=yes, SHARE=N, KILLS=N: a part of them
# make test-mariadb    the same on the newest MariaDB that can be had; BRIEF=yes, SHARE=N: a part of them
# make lint     golangci-lint and govulncheck
# make demo     the product on SQLite; make demo-postgres on a throw-away PostgreSQL

GOLANGCI_LINT_VERSION := v2.15.0
GOVULNCHECK_VERSION   := v1.8.0

# Tests that need the build tag failpoint, and their packages. Those have others, for which it
# changes nothing; of these the ones that kill run both ways.
FAILPOINT_FILES = $(shell grep -rlE '^//go:build .*failpoint' --include='*_test.go' .)
FAILPOINT_PACKAGES = $(sort $(dir $(FAILPOINT_FILES)))

# Packages whose tests have thousands of cases, or a total that is to be seen.
BROAD_PACKAGES = ./internal/engine/postgres/footprint ./internal/engine/postgres/revert ./internal/engine/enginetest/changes ./internal/engine/enginetest/mychanges ./internal/engine/enginetest/random ./internal/engine/enginetest/myrandom ./internal/engine/enginetest/values

# Of these one case of so many runs under the race detector as well. All that the cases have
# beside each other is each other: what they test runs in one goroutine, or runs under the
# race detector whole in the engines' own tests.
RACED_PACKAGES = ./internal/engine/postgres/revert ./internal/engine/enginetest/mychanges
RACED_SHARE    = 8

# What the build without cgo reads with another parser, against the same expectations;
# what rests on the server's answers alone is left out.
PARSED_PACKAGES = ./internal/engine/postgres/parse ./internal/engine/postgres/footprint ./internal/engine/postgres/hazard
NOT_PARSED      = ^(TestCorpus|TestLocksAreTheServers)$$

TEST_TIMEOUT ?= 45m
# The kill tests start the program thousands of times, and a race build starts
# several times slower; the same code runs under -race in the other tests.
KILL_TIMEOUT ?= 40m
BENCH        ?= .
BENCHTIME    ?= 1s
SOAK         ?= 10m
FUZZTIME     ?= 30s
VERSIONS     ?= 14 16 17 18
SHARE        ?= 1
CHANGES      ?= 1
KILLS        ?= 1
TURN         ?= 0
MYSQL        ?=
BRIEF        ?= no

.PHONY: build test test-versions test-mysql test-mariadb setup lint demo demo-postgres bench soak fuzz clean

build:
	go build -trimpath -o bin/safemigrate ./cmd/safemigrate

setup:
	scripts/ensure-postgres
	scripts/ensure-versitygw >/dev/null
	scripts/ensure-mariadb
	scripts/race-flag >/dev/null

# Where the servers of tests keep their files; benchmarks measure with a disk.
test test-versions test-mysql test-mariadb: export SAFEMIGRATE_TEST_SERVERS ?= $(shell scripts/memory-dir)

test:
	scripts/ensure-postgres
	scripts/ensure-versitygw >/dev/null
	scripts/ensure-mariadb
	race=$$(scripts/race-flag) && \
	SAFEMIGRATE_TEST_SHARE=$(RACED_SHARE) go test $$race -shuffle=on -timeout=$(TEST_TIMEOUT) $$(go list ./... | grep -vxF "$$(go list $(BROAD_PACKAGES))") $(RACED_PACKAGES) && \
	CHANGES=$(CHANGES) TURN=$(TURN) TEST_TIMEOUT=$(TEST_TIMEOUT) scripts/test-broad $(BROAD_PACKAGES) && \
	CGO_ENABLED=0 go test -shuffle=on -timeout=$(TEST_TIMEOUT) -skip='$(NOT_PARSED)' $(PARSED_PACKAGES) && \
	tests=$$(grep -ohE '^func Test\w+' $(FAILPOINT_FILES) | cut -d' ' -f2 | paste -sd'|' -) && \
	go test -shuffle=on -timeout=$(KILL_TIMEOUT) -tags=failpoint -run="Kill|^($$tests)$$" $(FAILPOINT_PACKAGES)

# What the packages of the servers lack, such as pg_dump, comes from ensure-postgres.
test-versions:
	scripts/ensure-postgres
	TEST_TIMEOUT=$(TEST_TIMEOUT) SHARE=$(SHARE) TURN=$(TURN) scripts/test-versions $(VERSIONS)

# The conventions' tests need the other servers as well.
test-mysql:
	scripts/ensure-postgres
	TEST_TIMEOUT=$(TEST_TIMEOUT) BRIEF=$(BRIEF) SHARE=$(SHARE) KILLS=$(KILLS) TURN=$(TURN) scripts/test-mysql mysql $(MYSQL)

test-mariadb:
	scripts/ensure-postgres
	TEST_TIMEOUT=$(TEST_TIMEOUT) BRIEF=$(BRIEF) SHARE=$(SHARE) KILLS=$(KILLS) TURN=$(TURN) scripts/test-mysql mariadb-newest

lint:
	scripts/lint $(GOLANGCI_LINT_VERSION) $(GOVULNCHECK_VERSION)

demo: build
	scripts/demo sqlite bin/safemigrate

demo-postgres: build
	scripts/ensure-postgres
	scripts/demo postgres bin/safemigrate

bench:
	scripts/ensure-postgres
	scripts/ensure-mariadb
	go test -run='^$$' -bench='$(BENCH)' -benchtime=$(BENCHTIME) -timeout=0 ./...

# The kill and concurrency tests and the random batches again, each for as long as SOAK says instead of a fixed count.
soak:
	scripts/ensure-postgres
	scripts/ensure-mariadb
	SAFEMIGRATE_SOAK=$(SOAK) go test -count=1 -timeout=0 -run='Soak' -v ./internal/engine/enginetest/random ./internal/engine/enginetest/myrandom ./internal/engine/enginetest/mychanges
	SAFEMIGRATE_SOAK=$(SOAK) go test -count=1 -timeout=0 -run='TestOneState|TestLongRow' -v ./internal/engine/postgres/dump
	SAFEMIGRATE_SOAK=$(SOAK) go test -count=1 -timeout=0 -tags=failpoint -run='Kill|Soak' -v $(FAILPOINT_PACKAGES)

fuzz:
	scripts/fuzz $(FUZZTIME)

clean:
	rm -rf bin .bin coverage.out
