# SPDX-License-Identifier: BSD-2-Clause
"""The conformance suite: every driver requirement of VIRTIO 1.4 against the drivers that ship.

The host tests run the drivers against a model device that counts which rules it checked and which were broken
(tests/host/model/rule.h). From that, from tests/conformance/requirements.tsv and from reasons.tsv, where it is said
why a rule cannot be seen that way, comes the table docs/virtio-conformance.md: a verdict for each requirement.
"""
import re
import subprocess

from . import host, links
from .test import Test
from .verdicts import Reasons, Seen, judge
from .conformance_page import page

PAGE = "docs/virtio-conformance.md"
RULES = "tests/host/model/rule.c"


def tests(sdk):
    def run(context):
        rows = judged(context.root, sdk, context.tmp)
        wrong = [f"{row.id}: {row.verdict}: {row.how}" for row in rows if row.verdict in ("fail", "none")]
        if wrong:
            raise AssertionError("; ".join(wrong))
        if page(rows) != (context.root / PAGE).read_text():
            raise AssertionError(f"{PAGE} is not what the tests show: run make conformance")
    return [Test("conformance", run, timeout_s=600)]


def write(root, sdk, tmp):
    """Writes the page; returns how many rows have each verdict."""
    rows = judged(root, sdk, tmp)
    (root / PAGE).write_text(page(rows))
    for row in rows:
        if row.verdict in ("fail", "none"):
            print(f"{row.id}: {row.verdict}: {row.how}")
    return {verdict: sum(row.verdict == verdict for row in rows) for verdict in sorted({row.verdict for row in rows})}


def judged(root, sdk, tmp):
    seen = Seen()
    for source in sorted(root.glob("tests/host/**/*_test.c")):
        if RULES in map(str, links.read(root, source)[0]):
            seen.add(host.name_of(root, source), rules_of(root, sdk, source, tmp / f"{source.stem}.rules"))
    return judge(requirements(root), seen, Reasons(root, test_names(root)))


def rules_of(root, sdk, source, path):
    binary = host.build(root, sdk, source, "gcc", host.SANITIZERS)
    path.unlink(missing_ok=True)
    host.check([binary], root, THIMBLE_RULES=str(path), TMPDIR=str(path.parent))
    return path.read_text().splitlines() if path.exists() else []


def requirements(root):
    """(id, section, level, requirement, applies when) of each row"""
    for line in (root / "tests/conformance/requirements.tsv").read_text().splitlines():
        if re.match(r"[A-Z]+-\d+\t", line):
            number, section, level, text, _, applies = line.split("\t")
            yield number, section, level, text, applies


def test_names(root):
    listed = subprocess.run([root / "tests/run.py", "--list", "--full"], cwd=root, check=True, capture_output=True, text=True)
    return set(listed.stdout.split())
