# SPDX-License-Identifier: BSD-2-Clause
# Tests. Each ends with "N passed, N failed" and fails when any did. TESTS="-k NAME" chooses.

.PHONY: test test-full floors
test test-full: setup
	@$(MAKE) --no-print-directory all
	@THIMBLE_SDK=$(O) tests/run.py $(if $(filter test-full,$@),--full) $(TESTS)

floors:
	@tools/floors
