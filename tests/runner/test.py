# SPDX-License-Identifier: BSD-2-Clause
"""What the scheduler runs."""
import dataclasses
import pathlib
from collections.abc import Callable


@dataclasses.dataclass
class Context:
    root: pathlib.Path   # the repository
    sdk: pathlib.Path    # the build folder
    tmp: pathlib.Path    # a folder for this test alone, removed afterwards


@dataclasses.dataclass
class Test:
    name: str
    run: Callable[[Context], None]   # raises when the test fails
    weight: int = 1                  # CPUs it keeps busy
    timeout_s: float = 120
