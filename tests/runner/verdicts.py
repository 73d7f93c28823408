# SPDX-License-Identifier: BSD-2-Clause
"""What the tests show of each requirement.

A line of tests/conformance/reasons.tsv, "id TAB verdict TAB text", speaks for a rule that no model device can see kept:
  pass            text begins "test NAME" or "review FILE FUNCTION"; those must exist
  not applicable  text names the features it rests on as "feature TYPE/BIT" or "TYPE/FIRST-LAST", type "any" for all;
                  no driver may have accepted them
  not exercised   text says why
It must not speak for a rule that the tests do show: a line that is no longer needed is an error.
"""
import dataclasses
import re


@dataclasses.dataclass
class Row:
    id: str
    section: str
    level: str
    text: str
    verdict: str = "none"
    how: str = "nothing shows it, and tests/conformance/reasons.tsv does not say why"


class Seen:
    """What the host tests noted."""

    def __init__(self):
        self.kept, self.broken, self.features = {}, {}, set()

    def add(self, test, lines):
        for line in lines:
            kind, _, what = line.partition(" ")
            if kind == "feature":
                self.features.add(tuple(map(int, what.split())))
            else:
                table = self.kept if kind == "rule" else self.broken
                table.setdefault(what, set()).add(test)


class Reasons:
    def __init__(self, root, tests):
        self.root, self.tests = root, tests
        self.lines = {}
        for line in (root / "tests/conformance/reasons.tsv").read_text().splitlines():
            if line and not line.startswith("#"):
                number, verdict, text = line.split("\t")
                self.lines[number] = (verdict, text)

    def of(self, row, seen):
        """(verdict, how), checked as far as it can be"""
        verdict, text = self.lines[row.id]
        wrong = {"pass": self.wrong_pass, "not applicable": self.wrong_absence}.get(verdict, self.wrong_reason)(text, seen)
        return ("fail", f"reasons.tsv: {wrong}") if wrong else (verdict, text)

    def wrong_pass(self, text, _):
        if named := re.match(r"test (\S+?)[,:;]?(?:\s|$)", text):
            return None if any(test.startswith(named[1]) for test in self.tests) else f"there is no test {named[1]}"
        if named := re.match(r"review (\S+) (\w+)", text):
            path = self.root / named[1]
            return None if path.is_file() and re.search(rf"\b{named[2]}\b", path.read_text()) else f"{named[1]} has no {named[2]}"
        return "a pass begins 'test NAME' or 'review FILE FUNCTION'"

    @staticmethod
    def wrong_absence(text, seen):
        for kind, first, last in re.findall(r"\bfeatures? (\d+|any)/(\d+)(?:-(\d+))?", text):
            for device, bit in seen.features:
                if int(first) <= bit <= int(last or first) and kind in ("any", str(device)):
                    return f"some driver accepted feature {device}/{bit}"
        return None

    @staticmethod
    def wrong_reason(text, _):
        return None if text.strip() else "no reason"


def judge(requirements, seen, reasons):
    rows = [Row(number, section, level, text) for number, section, level, text, _ in requirements]
    known = {row.id for row in rows}
    strangers = (set(seen.kept) | set(seen.broken) | set(reasons.lines)) - known
    for row in rows:
        if row.id in seen.broken:
            row.verdict, row.how = "fail", f"broken in {names(seen.broken[row.id])}"
        elif row.id in seen.kept:
            row.verdict, row.how = "pass", names(seen.kept[row.id])
            if row.id in reasons.lines:
                row.verdict, row.how = "fail", "reasons.tsv speaks for it, though the tests show it"
        elif row.id in reasons.lines:
            row.verdict, row.how = reasons.of(row, seen)
    return rows + [Row(stranger, "", "", "", "fail", "no such requirement") for stranger in sorted(strangers)]


def names(tests):
    return ", ".join(sorted(tests))
