# The two commands of the README, and what they are made of.
#
#   make demo PROFILE=dev ARGS="--listen 127.0.0.1:9000"
.PHONY: help demo test build page setup clean

PROFILE ?= release
BIN = target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

help:
	@echo "make demo    install what is missing, build, start the example labs, print a link"
	@echo "make test    all that CI runs"
	@echo "make build   target/release/labwright and labwright-agent, with the page inside"

demo: build
	@packaging/as-root $(BIN)/labwright demo $(ARGS)

test:
	packaging/setup.sh test
	cargo xtask ci

build: setup page
	cargo build --profile $(PROFILE) --package labwright-cli --package labwright-agent

page: web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/index.html web/vite.config.ts -type f 2>/dev/null)
	npm --prefix web run build

setup:
	@packaging/setup.sh run

clean:
	rm -rf target web/dist web/node_modules
