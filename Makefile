# make run starts everything; make help lists the rest.
SHELL := bash
.DEFAULT_GOAL := help
# A build of the faces that failed half way must not look finished.
.DELETE_ON_ERROR:

build_id := $(shell git describe --always --dirty --tags 2>/dev/null || echo unknown)
ldflags  := -X main.build=$(build_id)

npm       := npm --prefix frontend
modules   := frontend/node_modules/.installed
faces     := frontend/dist/wall.html
# What the faces are made of. The messages' generated folder is left out: it is written by the build itself.
sources   := $(wildcard frontend/*.html frontend/*.ts frontend/*.js frontend/*.json schema/states.json) \
	$(shell find frontend/src frontend/messages frontend/build frontend/project.inlang -type f \
		-not -path 'frontend/src/i18n/messages/*' -not -path '*/cache/*' 2>/dev/null)

# Where goroutines meet: these packages run under the race detector too.
race  := $(wildcard hub server/relay server/intake server/watch)
e2e   := $(wildcard e2e deploy)
report := go run ./tools/testreport

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build everything and start it with a sample province
	@exec bin/toancanh up

# No -trimpath here: with the flags of `go test` what is compiled once serves both.
build: $(faces) ## build bin/toancanh with the browser faces inside
	go build -tags dist -ldflags '$(ldflags)' -o bin/toancanh ./cmd/toancanh

$(modules): frontend/package.json frontend/package-lock.json frontend/.npmrc
	$(npm) ci
	@touch $@

$(faces): $(modules) $(sources)
	$(npm) run build
	@touch $@

test: $(modules) ## run every test this machine can (at most 8 minutes on two cores)
	@.ci/stages test-go test-frontend browser

test-go: $(modules)
	@$(report) ./...

test-frontend: $(modules)
	@$(npm) test

# The journey in a browser drives the binary as it ships.
browser: $(faces)
ifneq ($(e2e),)
	@$(report) -tags=dist,e2e -count=1 -timeout=15m $(e2e:%=./%/...)
endif
	@$(npm) run test:pixels

test-race: $(modules)
ifneq ($(race),)
	@if command -v cc >/dev/null || [ "$$CI" = true ]; then $(report) -race -short $(race:%=./%/...); \
	else echo "no C compiler: the race detector was not run"; fi
endif

test-deps: ## install what the tests need beside Go, Node and make (apt)
	@.ci/test-deps

check: ## all that must hold before a change lands: build, lint, generated code, every test
	@.ci/stages build lint generated test-go test-race test-frontend browser

# What is too slow for every change. Each part is a target of its own.
check-long: build ## hundreds of kills, soak, layouts, other time zone, PostgreSQL 15, bench (an hour or more)
	@.ci/stages long zone oldest-postgres bench bench-paint bench-map

long: $(faces)
	@TOANCANH_LONG=1 $(report) -tags=dist,e2e -count=1 -timeout=120m ./...

zone: $(modules)
	@TZ=America/New_York PGTZ=America/New_York $(report) -count=1 -timeout=20m ./...

oldest-postgres: $(modules)
	@bin=$${TOANCANH_PG_BIN:-/usr/lib/postgresql/15/bin}; \
	if [ -x "$$bin/postgres" ]; then TOANCANH_PG_BIN=$$bin $(report) -count=1 -timeout=20m ./schema/... ./server/...; \
	else echo "no PostgreSQL 15 in $$bin: not run (apt-get install -y postgresql-15)"; [ "$$CI" != true ]; fi

bench: build ## measure the running system beside its floors, three minutes
	bin/toancanh bench

soak: $(faces) ## weigh a wall under load for half an hour, and play a day on one
	TOANCANH_SOAK=1 go test -tags=dist,e2e -count=1 -v -timeout=90m -run '^TestAWall(Weighs|Stays)TheSame' ./e2e/browser/

bench-paint: $(faces) ## measure from POST to the document of a real wall, beside a crowd, five minutes
	TOANCANH_PAINT=1 go test -tags=dist,e2e -count=1 -v -run '^TestPaint$$' ./e2e/browser/

bench-map: $(modules) ## what an update of the map costs the page, beside the naive way, six minutes
	@$(npm) run bench:map

lint: $(modules) ## gofumpt, golangci-lint, ESLint, Prettier, types
	@.ci/golangci-lint run
	@$(npm) run lint
	@$(npm) run check

fmt: $(modules) ## format Go and the front end
	@.ci/golangci-lint fmt
	@cd frontend && npx prettier --write --log-level warn .

generate: $(modules) ## remake what is generated from schema/
	go generate ./...

generated: $(modules)
	@.ci/generated

compose-smoke: ## build the image and try the compose file (needs a container engine)
	@deploy/smoke

.PHONY: help run build test test-go test-frontend browser test-race test-deps check check-long long zone \
	oldest-postgres bench soak bench-paint bench-map lint fmt generate generated compose-smoke
