# SPDX-License-Identifier: BSD-2-Clause
"""tools/thimble trace and bootchart: records made here, in the format of debug/trace/format.h."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from thimblelib import bootchart, trace
from thimblelib.status import Refusal

ROOT = pathlib.Path(__file__).resolve().parents[2]
THIMBLE = ROOT / "tools/thimble"
FORMAT = (ROOT / "debug/trace/format.h").read_text()


def record(tsc, event, cpu=0, thread=1, detail=0, name="", one=0, two=0, three=0):
    payload = name.encode() if name else one.to_bytes(8, "little")
    return trace.RECORD.pack(tsc, event, cpu, detail, thread, payload, two, three)


def stream(*records, cpus=1):
    return trace.HEADER.pack(trace.MAGIC, trace.VERSION, trace.RECORD.size, cpus, 63) + b"".join(records)


CLOCKS = (record(1000, trace.CLOCK, one=1000), record(1001000, trace.CLOCK, one=501000))  # two ticks a nanosecond


def events(*records, kind=None, **options):
    document = trace.convert(stream(*CLOCKS, *records, **options))
    return [e for e in document["traceEvents"] if kind is None or e["ph"] == kind]


class Format(unittest.TestCase):
    def test_numbers_are_the_header_s(self):
        mine = {"CLOCK": trace.CLOCK, "LOST": trace.LOST, "THREAD": trace.THREAD, "END_MARK": trace.END_MARK,
                "PHASE": trace.PHASE, "DEVICE_BEGIN": trace.DEVICE_BEGIN, "DEVICE_END": trace.DEVICE_END,
                "IRQ_BEGIN": trace.IRQ_BEGIN, "IRQ_END": trace.IRQ_END, "SWITCH": trace.SWITCH, "QUEUE_ADD": trace.QUEUE_ADD,
                "QUEUE_KICK": trace.QUEUE_KICK, "QUEUE_USED": trace.QUEUE_USED, "BLOCK_BEGIN": trace.BLOCK_BEGIN,
                "BLOCK_END": trace.BLOCK_END, "CALL_BEGIN": trace.CALL_BEGIN, "CALL_END": trace.CALL_END}
        theirs = {name: int(number) for name, number in re.findall(r"^\tTRACE_(\w+)\s*= (\d+),", FORMAT, re.M)}
        self.assertEqual(mine, theirs)

    def test_layout_is_the_header_s(self):
        self.assertIn(f"sizeof(struct trace_header) == {trace.HEADER.size}", FORMAT)
        self.assertIn(f"sizeof(struct trace_record) == {trace.RECORD.size}", FORMAT)
        self.assertEqual(trace.VERSION, int(re.search(r"TRACE_VERSION (\d+)", FORMAT)[1]))

    def test_vectors_are_the_kernel_s(self):
        text = (ROOT / "kernel/x86_64/vectors.h").read_text()
        found = {int(number, 16): name for name, number in re.findall(r"VECTOR_(TIMER|RESCHEDULE|TLB)\s+(0x\w+)", text)}
        self.assertEqual({number: name.lower() for number, name in found.items()},
                         {number: name.lower() for number, name in trace.VECTORS.items()})

    def test_groups_are_the_kernel_s(self):
        text = (ROOT / "kernel/tracepoint.h").read_text()
        self.assertEqual([name.lower() for name in re.findall(r"TRACE_(\w+)\s*= 1 <<", text)], list(trace.GROUPS))


class Conversion(unittest.TestCase):
    def test_ticks_become_microseconds(self):
        event, = events(record(201000, trace.DEVICE_BEGIN, name="x"), record(401000, trace.DEVICE_END, name="vda"), kind="X")
        self.assertEqual((event["ts"], event["dur"], event["name"]), (101.0, 100.0, "vda"))

    def test_rate_is_told_where_two_looks_are_too_close(self):
        clocks = (record(1000, trace.CLOCK, one=1000, two=2**31), record(1004, trace.CLOCK, one=1100, two=2**31))
        document = trace.convert(stream(*clocks, record(201000, trace.DEVICE_BEGIN), record(401000, trace.DEVICE_END, name="vda")))
        self.assertEqual([(e["ts"], e["dur"]) for e in document["traceEvents"] if e["ph"] == "X"], [(101.0, 100.0)])

    def test_threads_follow_each_other_on_their_cpu(self):
        found = events(record(2000, trace.SWITCH, thread=5, name="one"), record(4000, trace.SWITCH, thread=6, name="two"),
                       record(3000, trace.SWITCH, cpu=1, thread=7, name="three"), cpus=2, kind="X")
        self.assertEqual([(e["tid"], e["name"]) for e in found], [(0, "one"), (1, "three"), (0, "two")])
        self.assertEqual(found[0]["dur"], 1.0)

    def test_nested_interrupts(self):
        found = events(record(2000, trace.IRQ_BEGIN, one=0x30), record(3000, trace.IRQ_BEGIN, one=0xe0),
                       record(4000, trace.IRQ_END, one=0xe0), record(6000, trace.IRQ_END, one=0x30), kind="X")
        self.assertEqual([(e["name"], e["dur"]) for e in found], [("irq 0x30", 2.0), ("irq timer", 0.5)])

    def test_a_request_is_an_interval_and_a_line(self):
        found = events(record(2000, trace.BLOCK_BEGIN, thread=3, detail=1, name="vda", two=8, three=0xabc),
                       record(9000, trace.BLOCK_END, two=(1 << 64) - 5, three=0xabc))
        self.assertEqual([e["ph"] for e in found if e["name"] == "write vda"], ["b", "s", "e", "f"])
        self.assertEqual(next(e for e in found if e["ph"] == "b")["args"], {"sector": 8, "status": -5})

    def test_halves_are_left_out(self):
        found = events(record(2000, trace.BLOCK_END, three=1), record(3000, trace.BLOCK_BEGIN, name="vda", three=2),
                       record(4000, trace.IRQ_END, one=3), record(5000, trace.CALL_END, name="recv"),
                       record(6000, trace.CALL_BEGIN, name="send"), record(7000, trace.IRQ_BEGIN, one=4))
        self.assertEqual([e for e in found if e["ph"] != "M"], [])

    def test_loss_ends_what_was_going_on(self):
        document = trace.convert(stream(*CLOCKS, record(2000, trace.SWITCH, thread=5, name="one"),
                                        record(3000, trace.LOST, one=7), record(4000, trace.SWITCH, thread=6, name="two"),
                                        record(5000, trace.SWITCH, thread=5, name="one")))
        slices = [(e["name"], e["ts"], e["dur"]) for e in document["traceEvents"] if e["ph"] == "X"]
        self.assertEqual(slices[:2], [("one", 1.5, 0.5), ("two", 2.5, 0.5)])
        self.assertEqual(document["otherData"]["lost records"], 7)

    def test_what_is_cut_off_is_left_out(self):
        whole = stream(*CLOCKS, record(2000, trace.SWITCH, thread=5, name="one"))
        for length in range(trace.HEADER.size, len(whole)):
            trace.convert(whole[:length])
        with self.assertRaises(Refusal):
            trace.convert(whole[:trace.HEADER.size - 1])

    def test_the_last_of_several(self):
        data = stream(record(1, trace.SWITCH, name="old")) + stream(*CLOCKS, record(2000, trace.SWITCH, name="new"))
        self.assertEqual([e["name"] for e in trace.convert(data)["traceEvents"] if e["ph"] == "X"], ["new"])


class Bootchart(unittest.TestCase):
    def test_svg(self):
        timed = trace.read(stream(*CLOCKS, record(100000, trace.PHASE, name="memory"), record(200000, trace.DEVICE_BEGIN),
                                  record(300000, trace.DEVICE_END, name="<vda&"), record(400000, trace.PHASE, name="main")))
        counted = trace.read(stream(record(1000, trace.PHASE, name="memory"), record(5500, trace.PHASE, name="main")))
        found = bootchart.bars(timed, counted)
        text = bootchart.svg("a & b", found)
        root = xml.etree.ElementTree.fromstring(text)
        self.assertTrue(root.tag.endswith("svg"))
        self.assertIn("150 µs, 4,500 instructions", text)
        self.assertIn("&lt;vda&amp;", text)


class CommandLine(unittest.TestCase):
    def run_tool(self, *arguments):
        return subprocess.run([sys.executable, THIMBLE, *arguments], capture_output=True, text=True, check=False)

    def test_trace(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.trace"
            path.write_bytes(stream(*CLOCKS, record(2000, trace.SWITCH, thread=5, name="one")))
            done = self.run_tool("trace", str(path))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("traceEvents", json.loads(path.with_suffix(".json").read_text()))
            path.write_bytes(b"something else")
            done = self.run_tool("trace", str(path))
            self.assertEqual(done.returncode, 127)
            self.assertRegex(done.stderr, r"^thimble: .*not a trace.*\n$")

    def test_missing_file(self):
        done = self.run_tool("trace", "/nonexistent")
        self.assertEqual(done.returncode, 127)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_groups(self):
        self.assertEqual(trace.check_groups("boot,irq"), "boot,irq")
        with self.assertRaises(Refusal):
            trace.check_groups("boot,everything")
