# SPDX-License-Identifier: BSD-2-Clause
"""Guest tests, a module for each part of the system."""
