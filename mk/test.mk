# SPDX-License-Identifier: BSD-2-Clause
# Tests. Each ends with "N passed, N failed" and fails when any did. TESTS="-k NAME" chooses.

.PHONY: test test-full debug-lib floors conformance fuzz
test test-full: setup-tests
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory debug-lib
	@THIMBLE_SDK=$(O) tests/run.py $(if $(filter test-full,$@),--full) $(TESTS)

# What the tests of the debug build are linked with, in a folder of its own.
debug-lib:
	@$(MAKE) --no-print-directory DEBUG=1 O=$(O)/debug lib

floors:
	@tools/floors

conformance: setup
	@$(MAKE) --no-print-directory all
	@tests/conformance/write.py $(O)

fuzz: setup-tests
	@tests/fuzz.py $(O) $(FUZZ)
