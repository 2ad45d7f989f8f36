# What people type. The work is done by scripts/ and by the program; scripts/README.md says more.
.PHONY: help demo demo-petition dev browser screenshots handbook check test-fast test bench loadtest faults rolling bench-allocation differential-allocation check-pabulib schemathesis hostile wasm fuzz fmt lint sql deny charts docs image clean-data
.DEFAULT_GOAL := help

help: ## Shows this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 26

demo: ## A participatory budget from start to result (FILE=election.pb replays a real one)
	@scripts/install demo
	@scripts/wasm portal
	@cargo build $(if $(FILE),--release) -p comitia
	@$${CARGO_TARGET_DIR:-target}/$(if $(FILE),release,debug)/comitia demo $(if $(FILE),--file "$(FILE)")

demo-petition: ## A crowd signs one petition, from the provider to the proof (PEOPLE=100000)
	@scripts/install demo
	@scripts/wasm portal
	@cargo build --release -p comitia
	@$${CARGO_TARGET_DIR:-target}/release/comitia demo-petition $(if $(PEOPLE),--people "$(PEOPLE)")

dev: ## A city to click through in a browser; prints its address and how to sign in (DATA=folder, PORT=8080, NO_CITY=1)
	@scripts/install dev
	@scripts/wasm portal
	@cargo build -p comitia
	@$${CARGO_TARGET_DIR:-target}/debug/comitia dev $(if $(DATA),--data "$(DATA)") $(if $(PORT),--port "$(PORT)") $(if $(NO_CITY),--no-city)

check: ## The quick loop: format, clippy and unit tests of the crates that changed (BASE=commit, HEAD by itself)
	@scripts/check $(BASE)

test-fast: ## All tests but journeys, faults and documents
	@scripts/install test
	@scripts/test fmt messages proto clippy test-fast

test: ## Everything that has to hold before a change goes in
	@scripts/install test
	@scripts/test

bench: ## Measures this machine against PostgreSQL and nginx (ONLY=intake_http,pages,signatures,office; QUICK=1 for three minutes; FILE=election.pb for pages)
	@scripts/bench $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)") $(if $(FILE),--election "$(FILE)")

loadtest: ## A load scenario with its report (SCENARIO=city-vote, GATEWAY=URL for a running installation, RATE, DURATION)
	@scripts/loadtest "$(or $(SCENARIO),city-vote)" $(if $(GATEWAY),--gateway "$(GATEWAY)") \
	  $(if $(RATE),--rate "$(RATE)") $(if $(DURATION),--seconds "$(DURATION)")

faults: ## Breaks everything that can break under load, and checks that nothing acknowledged is lost (ONLY=kill-voting,..., RATE=200, ROUNDS=10, SHORT=1)
	@scripts/faults $(if $(ONLY),--only "$(ONLY)") $(if $(RATE),--rate "$(RATE)") $(if $(ROUNDS),--rounds "$(ROUNDS)") \
	  $(if $(SHORT),--short)

rolling: ## Replaces every process under load, as a rolling upgrade does; not one request may fail (REQUESTS=100000)
	@scripts/rolling $(if $(REQUESTS),--requests "$(REQUESTS)")

bench-allocation: ## Measures the allocation engine against pabutools (LIMIT=seconds a row, 300; ALL=1 for what takes it hours)
	@scripts/install comparisons
	@scripts/bench-allocation $(if $(LIMIT),--limit "$(LIMIT)") $(if $(ALL),--all)

differential-allocation: ## The same projects as pabutools funds, on random elections and real ones (COUNT=300 a rule, SEED=1)
	@scripts/install comparisons
	@scripts/differential-allocation $(if $(COUNT),--count "$(COUNT)") $(if $(SEED),--seed "$(SEED)")

check-pabulib: ## Has Pabulib's own checker check the .pb files that are written here (FILES= further ones)
	@scripts/install comparisons
	@scripts/check-pabulib $(FILES)

schemathesis: ## Sends the running program what its OpenAPI document allows, and what it does not (TIME=240 seconds)
	@scripts/install schemathesis
	@scripts/schemathesis $(if $(TIME),--seconds "$(TIME)")

browser: ## The pages in a real browser: journeys, accessibility, every link and form (ONLY=journeys,axe,crawl,safety,recount,reflow,maps,office,office-vote,handbook,signatures,verify,firefox)
	@scripts/install browser
	@scripts/browser test $(if $(ONLY),--only "$(ONLY)")

screenshots: ## PNGs of every page, two widths and two languages, into target/screenshots
	@scripts/install browser
	@scripts/browser screenshots

handbook: ## The pictures of docs/handbook, made anew by the journey that the handbook tells
	@scripts/install browser
	@scripts/browser handbook

hostile: ## Attacks the running program in every way that we know of while another city votes (TIME=3600 seconds, SEED, ONLY=word, GATEWAY=URL)
	@$(if $(GATEWAY),,cargo build --quiet -p comitia --bin comitia)
	@python3 scripts/hostile $(if $(TIME),--time "$(TIME)") $(if $(SEED),--seed "$(SEED)") $(if $(ONLY),--only "$(ONLY)") \
	  $(if $(GATEWAY),--gateway "$(GATEWAY)" --operator-key "$(OPERATOR_KEY)")

wasm: ## The recount and the check of logs as WebAssembly, tested under Node: for browsers
	@scripts/install wasm
	@scripts/wasm

fuzz: ## Fuzzes the reader of .pb files (SECONDS=120)
	@scripts/install fuzz
	@scripts/fuzz $(SECONDS)

fmt: ## Formats the code
	@cargo fmt --all

lint: ## The quick checks: format, protos, clippy
	@scripts/test fmt messages proto clippy

sql: ## Checks all queries against the migrations and saves their descriptions
	@scripts/sql-prepare

deny: ## Licences, sources, duplicates, known vulnerabilities and unused dependencies of all crates (seconds)
	@scripts/deny

charts: ## Everything that has to hold for the Helm chart and k8s/
	@scripts/charts

docs: ## Runs the commands of the documents: what needs no cluster is run, what needs one is rehearsed or named
	@scripts/charts test -k documents -rs

image: ## Builds the image and runs it as a pod would be run (PROFILE=dev for a quick one)
	@scripts/image $(if $(PROFILE),--profile "$(PROFILE)")

clean-data: ## Removes the data of demo, dev and the developer's database
	@scripts/clean-data
