# SPDX-License-Identifier: BSD-2-Clause
"""What tools/thimble is made of; see cli.py for the way in."""
