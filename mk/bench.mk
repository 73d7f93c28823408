# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks against a Linux guest on the same QEMU. BENCH="--runs 5" adds options.

.PHONY: bench-cpu
bench-cpu: setup
	@$(MAKE) --no-print-directory all
	@bench/cpu.py --build $(O) $(BENCH)
