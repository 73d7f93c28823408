# SPDX-License-Identifier: BSD-2-Clause
"""The conformance table: that a verdict is given only for what was shown."""
import pathlib
import tempfile
import unittest

from tests.runner.verdicts import Reasons, Seen, judge

ROWS = [("RING-01", "v1.4 §2.1", "MUST", "text", "always")]


class Verdict(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "tests/conformance").mkdir(parents=True)
        (self.root / "ring.c").write_text("void publish(void);\n")

    def verdict(self, noted=(), reasons=""):
        (self.root / "tests/conformance/reasons.tsv").write_text(reasons)
        seen = Seen()
        seen.add("host/ring_test", noted)
        return [row.verdict for row in judge(ROWS, seen, Reasons(self.root, {"guest/disk/q35"}))]

    def test_shown(self):
        self.assertEqual(self.verdict(["rule RING-01"]), ["pass"])

    def test_broken_once(self):
        self.assertEqual(self.verdict(["rule RING-01", "broken RING-01"]), ["fail"])

    def test_silence(self):
        self.assertEqual(self.verdict(), ["none"])

    def test_unknown_id(self):
        self.assertEqual(self.verdict(["rule RING-01", "rule RING-2"]), ["pass", "fail"])

    def test_reasons(self):
        for reason, expected in (
            ("pass\ttest guest/disk: reads", "pass"), ("pass\ttest guest/tape: reads", "fail"),
            ("pass\treview ring.c publish: barrier", "pass"), ("pass\treview ring.c hide: barrier", "fail"),
            ("pass\tI think so", "fail"),
            ("not applicable\tfeature 2/7 is declined", "not applicable"), ("not applicable\tfeature any/28", "fail"),
            ("not applicable\tfeatures 2/29-63 and 1/28", "not applicable"), ("not applicable\tfeatures 2/5-28", "fail"),
            ("not exercised\tno such device", "not exercised"), ("not exercised\t ", "fail"),
        ):
            with self.subTest(reason):
                self.assertEqual(self.verdict(["feature 2 28"], f"RING-01\t{reason}\n"), [expected])

    def test_needless_reason(self):
        self.assertEqual(self.verdict(["rule RING-01"], "RING-01\tnot exercised\tno device\n"), ["fail"])
