# SPDX-License-Identifier: BSD-2-Clause
# What a fresh Debian lacks.

.PHONY: setup
setup:
	@tools/setup
