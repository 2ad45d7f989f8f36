# What people type. The work is done by scripts/ and by the program; scripts/README.md says more.
.PHONY: help demo test bench-allocation differential-allocation check-pabulib fuzz fmt lint sql clean-data
.DEFAULT_GOAL := help

help: ## Shows this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: ## A participatory budget from start to result (FILE=election.pb replays a real one)
	@scripts/install demo
	@cargo build --release -p comitia
	@$${CARGO_TARGET_DIR:-target}/release/comitia demo $(if $(FILE),--file "$(FILE)")

test: ## Everything that has to hold before a change goes in
	@scripts/install test
	@scripts/test

bench-allocation: ## Measures the allocation engine beside pabutools; writes target/bench-allocation.json
	@scripts/bench-allocation

differential-allocation: ## Compares the allocation engine with pabutools on random and real elections
	@scripts/differential-allocation

check-pabulib: ## Shows what Comitia writes to pabulib-checker
	@scripts/check-pabulib

fuzz: ## Fuzzes the reader of .pb files (SECONDS=120)
	@scripts/fuzz $(SECONDS)

fmt: ## Formats the code
	@cargo fmt --all

lint: ## The quick checks: format, protos, clippy
	@scripts/test fmt proto clippy

sql: ## Checks all queries against the migrations and saves their descriptions
	@scripts/sql-prepare

clean-data: ## Removes the data of demo, dev and the developer's database
	@scripts/clean-data
