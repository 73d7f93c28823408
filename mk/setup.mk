# SPDX-License-Identifier: BSD-2-Clause
# What a fresh Debian lacks.

.PHONY: setup setup-tests
setup:
	@tools/setup

setup-tests:
	@tools/setup tests
