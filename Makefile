# To start: `make demo` and `make test`. Both install missing packages.
PREFIX ?= /usr/local
SEG = .build/release/seg
# Tests see internal names of the modules. With this flag in every build, no build has to be repeated.
FLAGS = -c release -Xswiftc -enable-testing
# Pages whose blocks of seg are tests, `seg continued` being the same script as the block before; those of the
# reference are the examples of the help.
PAGES = $(filter-out docs/reference.md,$(wildcard docs/*.md))
SCRIPTS = $(shell find stdlib examples Benchmarks -name '*.seg')
# Required libraries and tools, and the Debian package of each.
LIBRARIES = libedit:libedit-dev libpng:libpng-dev zlib:zlib1g-dev openblas:libopenblas-dev
# Those that `make install` and `make dist` link into the command, each with the archives that it consists of.
LINKED = libedit:edit:tinfo:bsd:md libpng:png:z zlib:z
# An MPI beside these, for `make mpi`; another one, such as MPICH, serves too where pkg-config knows it as mpi-c.
MPI_LIBRARIES = mpi-c:libopenmpi-dev
MPI_TOOLS = mpirun:openmpi-bin
SEG_MPI = .build-mpi/release/seg
TOOLS = tmux:tmux curl:curl perl:perl git:git

.PHONY: demo test test-all test-mpi mpi bench bench-mpi fuzz lint format reference notebook site picture build standalone \
	install dist test-dist deps mpi-deps test-deps jupyter-deps install-packages clean

demo: build
	@echo "== examples/first.seg: drawn street scenes, LRASPP trained from scratch, about a minute"
	cd .build && release/seg ../examples/first.seg
	@echo "== the triptych is also in .build/first.png"

# Tests keep features and weights in a separate folder.
test test-all: export SEG_CACHE = $(CURDIR)/.build/cache

test: build test-deps
	@echo "== the command, its help and completions"
	Tests/command/run.sh $(SEG)
	@echo "== seg in another program"
	Tests/embed/run.sh $(FLAGS)
	@echo "== the tests in Swift"
	swift test $(FLAGS) --disable-testable-imports --no-parallel
	@echo "== the prompt on a terminal (tmux)"
	Tests/terminal/run.sh $(SEG)
	@echo "== the language server for editors, by a client, and by Neovim where there is one"
	perl Tests/lsp/run.pl $(SEG)
	Tests/lsp/neovim.sh $(SEG)
	@echo "== the kernel for notebooks, and the tutorial as one"
	perl Tests/kernel/run.pl $(SEG)
	perl Tests/jupyter/notebook.pl --check
	@echo "== downloads of weights, from a server on the loopback address"
	Tests/network/run.sh $(SEG)
	@echo "== runs saved and continued in other processes, killed and on a full disk"
	Tests/resume/run.sh $(SEG)
	@echo "== the page of a report, in Chromium where there is one"
	Tests/report/run.sh $(SEG)
	@echo "== the pages of the site, where there are cmark-gfm and Chromium"
	Tests/site/run.sh
	@echo "== the C code under the sanitizers"
	Tests/sanitizers/run.sh
	@echo "== the examples of docs/"
	rm -rf .build/docs && mkdir -p .build/docs
	awk 'FNR == 1 { count = 0; page = FILENAME; gsub(/.*\/|[.]md$$/, "", page); file = "" } \
		/^```seg$$/ { file = sprintf(".build/docs/%s-%02d.seg", page, ++count); next } \
		/^```seg continued$$/ { file = sprintf(".build/docs/%s-%02d.seg", page, count); next } \
		/^```$$/ { file = "" } file { print > file }' $(PAGES)
	cd .build/docs && ../release/seg test .
	@echo "== scripts with expectations, and every example of the help"
	$(SEG) test Tests/Golden --examples
	@echo "== tensors, losses and gradients with the kernels of other processors"
	SEG_KERNELS=sse2 $(SEG) test Tests/Golden/tensors Tests/Golden/losses Tests/Golden/gradients

# seg for many machines: the same, with the package trait MPI, beside the plain build.
mpi: mpi-deps
	@echo "== building the release with MPI"
	swift build -c release --traits MPI --scratch-path .build-mpi --product seg
	@echo "== mpirun -n 2 $(CURDIR)/$(SEG_MPI) script.seg; see docs/clusters.md"

# Ranks on this machine, more than it has processors, and across network namespaces where these can be made.
test-mpi: export SEG_CACHE = $(CURDIR)/.build/cache
test-mpi: build mpi
	Tests/mpi/run.sh $(SEG_MPI) $(SEG)

test-all: test test-mpi jupyter-deps
	@echo "== a package that depends on seg by a version, built completely"
	Tests/embed/run.sh --whole $(FLAGS)
	@echo "== ONNX, TensorBoard, COCO and others: files read by their own programs (Python, minutes)"
	Tests/bridges/run.sh $(SEG)
	@echo "== the kernel in Jupyter, by jupyter_client and nbconvert"
	Tests/jupyter/run.sh $(SEG)
	@echo "== the golden scripts with a search for cycles at each store of an object"
	SEG_CYCLE_SEARCH=always $(SEG) test Tests/Golden
	@echo "== more golden scripts under the sanitizers"
	Tests/sanitizers/run.sh --all
	@echo "== signals, full disks, closed streams, strange terminals, several copies at once"
	Tests/faults/kill.pl $(SEG)
	Tests/faults/disk.pl $(SEG)
	Tests/faults/signals.pl $(SEG)
	Tests/faults/load.sh 1 $(SEG)
	Tests/faults/pool.sh 1
	@echo "== the kernels on arm64, by qemu"
	Tests/arm64/run.sh
	@echo "== Ctrl-C at random moments of long operations: back within 0.2 s (minutes)"
	Tests/faults/interrupts.pl $(SEG)
	@echo "== and in every function of the help with large values (about half an hour)"
	Tests/faults/large.pl $(SEG)
	@echo "== the examples of the help with extreme numbers and endless values (about 20 minutes)"
	Tests/faults/extremes.pl $(SEG)
	@echo "== all scripts with the kernels of other processors"
	for level in sse2 avx2; do \
		! SEG_KERNELS=$$level $(SEG) -e 1 || SEG_KERNELS=$$level $(SEG) test Tests/Golden || exit 1; \
	done
	@echo "== models at full size, and to the last digits of float32 (minutes)"
	$(SEG) test Tests/Golden-slow
	$(SEG) --exact test Tests/Golden-exact

# Models in seg and, with PYTORCH=VENV/bin/python, in PyTorch, side by side; how exact both are; how cost grows (minutes).
bench: build
	perl Benchmarks/bench.pl $(SEG)
	perl Benchmarks/growth.pl $(SEG)

# Two ranks against one process and against PyTorch's DistributedDataParallel; the table on paper of docs/clusters.md.
bench-mpi: mpi
	perl Benchmarks/mpi/bench.pl $(SEG_MPI)

# Inputs of all kinds by libFuzzer, under the sanitizers; the build alone takes minutes.
MINUTES ?= 5
fuzz: deps
	Tests/Fuzz/run.sh $(MINUTES)

lint:
	@echo "== formatting"
	swift format lint --strict --recursive --configuration .swift-format Sources Tests Package.swift examples/embed
	@echo "== functions without a caller"
	perl Tests/lint/uncalled.pl
	@echo "== tests use scratch folders"
	perl Tests/lint/scratch.pl
	@echo "== no binary files, nothing left over at the top"
	perl Tests/lint/tree.pl

format: build
	swift format --in-place --recursive --configuration .swift-format Sources Tests Package.swift examples/embed
	$(SEG) fmt $(SCRIPTS)

reference: build
	$(SEG) doc --markdown > docs/reference.md

# The tutorial as a notebook, from docs/tutorial.md.
notebook:
	perl Tests/jupyter/notebook.pl

# The documents as plain HTML with a search, to read without a network.
site:
	@command -v cmark-gfm >/dev/null || $(MAKE) --no-print-directory install-packages PACKAGES=cmark-gfm
	rm -rf .build/site
	perl docs/publish/site.pl .build/site
	@echo "== the site is .build/site/index.html"

# The picture of the README.
picture: build test-deps
	docs/publish/picture.sh $(SEG) > docs/session.svg

build: deps
	@echo "== building the release"
	swift build $(FLAGS) --product seg

# The C libraries and tools, from Debian's packages if they are missing.
deps:
	@for p in $(LIBRARIES); do pkg-config --exists $${p%:*} 2>/dev/null || missing="$$missing $${p#*:}"; done; \
	[ -z "$$missing" ] || $(MAKE) --no-print-directory install-packages PACKAGES="pkg-config $$missing"

mpi-deps: deps
	@for p in $(MPI_LIBRARIES); do pkg-config --exists $${p%:*} 2>/dev/null || missing="$$missing $${p#*:}"; done; \
	for p in $(MPI_TOOLS); do command -v $${p%:*} >/dev/null || missing="$$missing $${p#*:}"; done; \
	[ -z "$$missing" ] || $(MAKE) --no-print-directory install-packages PACKAGES="$$missing"

test-deps:
	@for p in $(TOOLS); do command -v $${p%:*} >/dev/null || missing="$$missing $${p#*:}"; done; \
	/sbin/ldconfig -p | grep -q libturbojpeg.so.0 || missing="$$missing libturbojpeg0"; \
	[ -z "$$missing" ] || $(MAKE) --no-print-directory install-packages PACKAGES="$$missing"

# What makes a virtual environment for Jupyter; Jupyter itself is installed into it.
jupyter-deps:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory install-packages PACKAGES=python3-venv

install-packages:
	@echo "== installing $(PACKAGES)"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo apt-get install -qy $(PACKAGES)

# The command in one file, Swift's library and those of LINKED in it.
standalone: export PKG_CONFIG_PATH := $(CURDIR)/.build-install/linked:$(PKG_CONFIG_PATH)
standalone: deps
	@docs/publish/linked.sh .build-install/linked $(LINKED)
	swift build -c release --product seg --static-swift-stdlib --scratch-path .build-install

# The command, its man page, and its completions.
install: standalone
	install -D -s .build-install/release/seg $(DESTDIR)$(PREFIX)/bin/seg
	mkdir -p $(addprefix $(DESTDIR)$(PREFIX)/share/, man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	.build-install/release/seg --man > $(DESTDIR)$(PREFIX)/share/man/man1/seg.1
	.build-install/release/seg --completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/seg
	.build-install/release/seg --completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_seg
	.build-install/release/seg --completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/seg.fish
	@echo "== seg is at $(DESTDIR)$(PREFIX)/bin/seg"

# The release, to use without Swift: an archive and a Debian package.
dist: standalone
	docs/publish/release.sh .build/dist

# The release on bare Debians, made by debootstrap: as root, with Debian's packages within reach (minutes).
test-dist: dist
	@command -v debootstrap >/dev/null || $(MAKE) --no-print-directory install-packages PACKAGES=debootstrap
	Tests/dist/run.sh .build/dist

clean:
	rm -rf .build .build-mpi .build-install .build-sanitizers .build-fuzz .build-threads
