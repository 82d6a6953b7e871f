# What a newcomer needs: `make demo` and `make test`. Both install what is missing.
PREFIX ?= /usr/local
SEG = .build/release/seg
PACKAGES = libedit-dev libpng-dev libopenblas-dev
BUILD = swift build -c release --product seg
SCRIPTS = $(shell find stdlib examples Benchmarks -name '*.seg')

.PHONY: demo test test-all lint format reference build install deps clean

demo: build
	@echo "== examples/first.seg: drawn street scenes, LRASPP trained from nothing, about a minute"
	cd .build && release/seg ../examples/first.seg
	@echo "== the triptych is also in .build/first.png"

# Tests keep features and weights in a folder of their own.
test test-all: export SEG_CACHE = $(CURDIR)/.build/cache

test: deps
	@echo "== building and running all tests (release)"
	swift test -c release
	@echo "== scripts with expectations, and every example of the help"
	$(SEG) test Tests/Golden --examples
	@echo "== the examples of docs/guide.md"
	rm -rf .build/guide && mkdir -p .build/guide
	awk '/^```seg$$/ { file = sprintf(".build/guide/%02d.seg", ++count); next } /^```$$/ { file = "" } file { print > file }' docs/guide.md
	$(SEG) test .build/guide

test-all: test
	@echo "== the prompt on a terminal (tmux)"
	Tests/terminal/run.sh $(SEG)
	@echo "== downloads of weights, from a server on the loopback address"
	Tests/network/run.sh $(SEG)
	@echo "== runs saved and gone on with in other processes, killed and on a full disk"
	Tests/resume/run.sh $(SEG)
	@echo "== models at full size, and to the last digits of float32 (minutes)"
	$(SEG) test Tests/Golden-slow
	$(SEG) --exact test Tests/Golden-exact
	@echo "== seg in another program"
	swift run --package-path examples/embed --scratch-path .build-embed

lint:
	@echo "== formatting"
	swift format lint --strict --recursive --configuration .swift-format Sources Tests Package.swift examples/embed

format: build
	swift format --in-place --recursive --configuration .swift-format Sources Tests Package.swift examples/embed
	$(SEG) fmt $(SCRIPTS)

reference: build
	$(SEG) doc --markdown > docs/reference.md

build: deps
	@echo "== building the release"
	$(BUILD)

# The C libraries, from Debian's packages where they are not there yet.
deps:
	@for p in libedit libpng openblas; do pkg-config --exists $$p 2>/dev/null || missing=1; done; \
	if [ -n "$$missing" ]; then \
		echo "== installing $(PACKAGES)"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q && $$sudo apt-get install -qy pkg-config $(PACKAGES); \
	fi

install: deps
	swift build -c release --product seg --static-swift-stdlib --scratch-path .build-install
	install -D -s .build-install/release/seg $(DESTDIR)$(PREFIX)/bin/seg
	@echo "== seg is at $(DESTDIR)$(PREFIX)/bin/seg"

clean:
	rm -rf .build .build-install .build-embed
