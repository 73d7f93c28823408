# SPDX-License-Identifier: BSD-2-Clause
"""How a run ends, and how a refusal is told."""

# The app's own status is 0..123 by convention; these are the tool's (as timeout(1) and the shell have theirs).
TIMEOUT = 124
PANIC = 125
BOOT_FAILED = 126
REFUSED = 127
BUILD_FAILED = 1

# What a shell says of a command that a signal ended.
INTERRUPTED = 130
TERMINATED = 143


class Refusal(Exception):
    """One line for the user: what is wrong, and what to do."""

    def __init__(self, message, status=REFUSED):
        super().__init__(message)
        self.status = status
