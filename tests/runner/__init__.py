# SPDX-License-Identifier: BSD-2-Clause
"""The test runner: schedule.py runs tests, the others find them."""
