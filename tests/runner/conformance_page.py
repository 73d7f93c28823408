# SPDX-License-Identifier: BSD-2-Clause
"""docs/virtio-conformance.md."""
import collections

HEAD = """# How Thimble's drivers obey VIRTIO 1.4

One row for each driver requirement of VIRTIO 1.4 (Committee Specification 01), by our ids; the text is our short form of
the specification's, which is what counts. `make conformance` writes this page: it runs the drivers that ship against
a strict model device (`tests/host/model/`), which checks a rule wherever a driver could break it. `make test` fails when
a row fails, lacks a verdict, or is not what this page says.

Verdicts: **pass**, shown by the tests named; **not applicable**, the rule binds only drivers that use a feature which
ours never accept (the tests watch what is accepted); **not exercised**, with the reason.
"""

AREAS = {
    "STAT": "Device status", "FEAT": "Feature bits", "DRST": "Device reset", "CFG": "Device configuration space",
    "VQR": "Virtqueue reset", "SPLIT": "Split virtqueues", "PACK": "Packed virtqueues", "INIT": "Device initialization",
    "CLEAN": "Device cleanup", "RESV": "Reserved feature bits", "LEG": "Legacy interface", "PCI": "PCI",
    "PCIL": "PCI, legacy interface", "MMIO": "MMIO", "NET": "Network device", "NETL": "Network device, legacy",
    "NETFF": "Network device: flow filters", "NETSEC": "Network device: IPsec", "BLK": "Block device",
    "BLKL": "Block device, legacy", "CON": "Console device", "CONL": "Console device, legacy", "RNG": "Entropy device",
    "BAL": "Memory balloon device", "BALL": "Memory balloon device, legacy", "SCSI": "SCSI host",
    "SCSIL": "SCSI host, legacy", "ADM": "Device groups and administration", "SUSP": "Suspend",
    "FACT": "What the text says without a keyword, and a driver has to get right all the same",
}


def page(rows):
    areas = collections.defaultdict(list)
    for row in rows:
        areas[row.id.partition("-")[0]].append(row)
    return "\n".join([HEAD, summary(rows), *(section(AREAS[name], areas[name]) for name in AREAS if name in areas)])


def summary(rows):
    verdicts = ("pass", "not applicable", "not exercised", "fail", "none")
    levels = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "FACT")
    count = collections.Counter((row.level, row.verdict) for row in rows)
    lines = ["| level | " + " | ".join(verdicts[:4]) + " |", "| --- |" + " ---: |" * 4]
    lines += [f"| {level} | " + " | ".join(str(count[level, verdict]) for verdict in verdicts[:4]) + " |" for level in levels]
    return "\n".join(lines) + "\n"


def section(title, rows):
    lines = [f"## {title}\n", "| id | section | level | requirement | verdict | how |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [f"| {row.id} | {row.section.split()[1]} | {row.level} | {cell(row.text)} | {row.verdict} | {cell(row.how)} |"
              for row in rows]
    return "\n".join(lines) + "\n"


def cell(text):
    return text.replace("|", "\\|").replace("tests/", "").replace("host/virtio/", "").replace("_test", "")
