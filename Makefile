# The two commands of the README, and what they are made of.
#
#   make demo PROFILE=dev ARGS="--listen 127.0.0.1:9000"
.PHONY: help demo test build page wireshark setup clean

PROFILE ?= release
BIN = target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

help:
	@echo "make demo    install what is missing, build, start the example labs, print a link"
	@echo "make test    all that CI runs"
	@echo "make build   target/release/labwright and labwright-agent, with the page inside, and Wireshark's part beside"

demo: build
	@packaging/as-root $(BIN)/labwright demo $(ARGS)

test:
	packaging/setup.sh test
	cargo xtask ci

build: setup page wireshark
	cargo build --profile $(PROFILE) --package labwright-cli --package labwright-agent

page: web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/index.html web/tab.html web/vite.config.ts web/licences.ts -type f 2>/dev/null)
	npm --prefix web run build

# Wireshark's dissectors, a part of its own because of its licence (web/wireshark/SOURCE.md).
wireshark: web/dist-wireshark/bundle.json

web/dist-wireshark/bundle.json: web/node_modules/.package-lock.json web/src/apps/wireshark/protocol.ts $(wildcard web/wireshark/*.* web/wireshark/src/*)
	npm --prefix web run wireshark

setup:
	@packaging/setup.sh run

clean:
	rm -rf target web/dist web/dist-wireshark web/node_modules web/wireshark/node_modules
