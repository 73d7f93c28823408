# SPDX-License-Identifier: BSD-2-Clause
"""Traces: from the records that a guest streams (debug/trace/format.h) to the JSON that Perfetto and Chrome draw.

Tracks: each CPU with the threads that ran on it and the interrupts among them; each thread with its socket calls and
the block requests it made; the disks with their requests; the virtqueues; the boot.
"""
import collections
import dataclasses
import json
import struct

from .status import Refusal

HEADER = struct.Struct("<8sIIII")
RECORD = struct.Struct("<QHBBI16sQQ")
MAGIC = b"THIMBLE\n"
VERSION = 1

FAR_NS = 10_000_000  # looks at the clock so far apart tell its rate better than the guest can

CLOCK, LOST, THREAD, END_MARK = 1, 2, 3, 4
PHASE, DEVICE_BEGIN, DEVICE_END = 16, 17, 18
IRQ_BEGIN, IRQ_END, SWITCH = 32, 33, 48
QUEUE_ADD, QUEUE_KICK, QUEUE_USED = 64, 65, 66
BLOCK_BEGIN, BLOCK_END = 80, 81
CALL_BEGIN, CALL_END = 96, 97

GROUPS = ("boot", "irq", "sched", "virtqueue", "block", "socket")
OPERATIONS = ("read", "write", "flush", "discard", "write zeroes", "command")
VECTORS = {0xe0: "timer", 0xe1: "reschedule", 0xf0: "TLB"}  # kernel/x86_64/vectors.h
CPUS, THREADS, DISKS, QUEUES, BOOT = 1, 2, 3, 4, 5  # processes, as the viewers call a group of tracks


@dataclasses.dataclass
class Record:
    tsc: int
    event: int
    cpu: int
    detail: int
    thread: int
    payload: bytes
    two: int
    three: int

    @property
    def name(self):
        return self.payload.split(b"\0")[0].decode(errors="replace")

    @property
    def number(self):
        return struct.unpack_from("<QQ", self.payload)


@dataclasses.dataclass
class Trace:
    cpus: int
    groups: int
    records: list
    complete: bool  # the app ended, and everything it did is here


def read(data, name="the trace"):
    """The last trace in a file: the host may have listened anew. What is cut off at the end is left out."""
    at = data.rfind(MAGIC)
    if at < 0 or len(data) < at + HEADER.size:
        raise Refusal(f"{name}: not a trace (did the guest run with trace= and trace.port=, and was it built `--with debug`?)")
    _, version, size, cpus, groups = HEADER.unpack_from(data, at)
    if version != VERSION or size != RECORD.size:
        raise Refusal(f"{name}: a trace of version {version}, where this tool reads version {VERSION}")
    body = data[at + HEADER.size:]
    records = [Record(*fields) for fields in RECORD.iter_unpack(body[:len(body) // size * size])]
    return Trace(cpus, groups, sorted(records, key=lambda r: r.tsc), any(r.event == END_MARK for r in records))


class Clock:
    """Microseconds since the clock's start from ticks: a line through a moment at which the guest looked at both, as steep
    as the last such moment shows. The boot begins before its clock does: then all times are from the first record on."""

    def __init__(self, records):
        seen = [(r.tsc, r.number[0], r.two / 2**32) for r in records if r.event == CLOCK] or [(0, 0, 1.0)]
        (tsc, ns, _), (last_tsc, last_ns, told) = seen[0], seen[-1]
        far = last_ns - ns >= FAR_NS or not told
        self.rate = (last_ns - ns) / (last_tsc - tsc) if last_tsc > tsc and far else told or 1.0
        self.tsc, self.ns = tsc, ns
        if records:
            self.ns -= min(0, self.ns + (records[0].tsc - tsc) * self.rate)

    def us(self, tsc):
        return round((self.ns + (tsc - self.tsc) * self.rate) / 1000, 3)


class Converter:
    """One pass over the records in the order of their times. Whatever began and did not end, or the other way round, is left out."""

    def __init__(self, trace):
        self.trace = trace
        self.clock = Clock(trace.records)
        self.events = []
        self.names = {(CPUS, cpu): f"CPU {cpu}" for cpu in range(trace.cpus)}
        self.running = {}                                # cpu: (since, thread, its name)
        self.interrupts = collections.defaultdict(list)  # cpu: [(since, vector)]
        self.requests, self.calls, self.devices = {}, {}, {}
        self.queues = {}
        self.phase = None
        self.lost = 0

    def convert(self):
        steps = {LOST: self.on_lost, THREAD: self.on_thread, PHASE: self.on_phase, DEVICE_BEGIN: self.on_device_begin,
                 DEVICE_END: self.on_device_end, IRQ_BEGIN: self.on_irq_begin, IRQ_END: self.on_irq_end, SWITCH: self.on_switch,
                 QUEUE_ADD: self.on_queue, QUEUE_KICK: self.on_queue, QUEUE_USED: self.on_queue, BLOCK_BEGIN: self.on_block_begin,
                 BLOCK_END: self.on_block_end, CALL_BEGIN: self.on_call_begin, CALL_END: self.on_call_end}
        for record in self.trace.records:
            if step := steps.get(record.event):
                step(record, self.clock.us(record.tsc))
        end = self.clock.us(self.trace.records[-1].tsc) if self.trace.records else 0
        for cpu in self.running:
            self.end_running(cpu, end)
        self.events.sort(key=lambda event: event["ts"])
        return {"traceEvents": self.metadata() + self.events, "displayTimeUnit": "ns",
                "otherData": {"producer": "Thimble", "lost records": self.lost, "complete": self.trace.complete}}

    def metadata(self):
        groups = {CPUS: "CPUs", THREADS: "threads", DISKS: "disks", QUEUES: "virtqueues", BOOT: "boot"}
        used = {event["pid"] for event in self.events}
        events = [{"ph": "M", "ts": 0, "pid": pid, "tid": 0, "name": "process_name", "args": {"name": name}}
                  for pid, name in groups.items() if pid in used]
        return events + [{"ph": "M", "ts": 0, "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": name}}
                         for (pid, tid), name in sorted(self.names.items()) if pid in used]

    def emit(self, kind, ts, pid, tid, name, **more):
        self.events.append({"ph": kind, "ts": ts, "pid": pid, "tid": tid, "name": name, **more})

    def slice(self, since, until, pid, tid, name, **args):
        self.emit("X", since, pid, tid, name, dur=round(until - since, 3), args=args)

    # --- CPUs ---

    def on_lost(self, record, ts):
        """What was going on on this CPU is not known any more."""
        self.lost += record.number[0]
        self.emit("i", ts, CPUS, record.cpu, f"{record.number[0]} records lost", s="t")
        self.end_running(record.cpu, ts)
        self.running[record.cpu] = None
        self.interrupts[record.cpu].clear()

    def on_thread(self, record, _):
        self.names[THREADS, record.thread] = f"{record.name} ({record.thread})"

    def end_running(self, cpu, ts):
        if since := self.running.get(cpu):
            self.slice(since[0], ts, CPUS, cpu, since[2], thread=since[1])

    def on_switch(self, record, ts):
        self.end_running(record.cpu, ts)
        self.running[record.cpu] = (ts, record.thread, record.name)
        self.names.setdefault((THREADS, record.thread), f"{record.name} ({record.thread})")

    def on_irq_begin(self, record, ts):
        self.interrupts[record.cpu].append((ts, record.number[0]))

    def on_irq_end(self, record, ts):
        while self.interrupts[record.cpu]:
            since, vector = self.interrupts[record.cpu].pop()
            if vector == record.number[0]:
                self.slice(since, ts, CPUS, record.cpu, f"irq {VECTORS.get(vector, hex(vector))}", vector=vector)
                return

    # --- virtqueues ---

    def on_queue(self, record, ts):
        index, in_flight, written = record.three & 0xffff, record.three >> 16 & 0xffff, record.three >> 32
        what = {QUEUE_ADD: "add", QUEUE_KICK: "kick", QUEUE_USED: "used"}[record.event]
        tid = self.queues.setdefault((record.name, index), len(self.queues) + 1)
        self.names[QUEUES, tid] = f"{record.name} queue {index}"
        args = {"in flight": in_flight, "cpu": record.cpu}
        if record.event != QUEUE_KICK:
            args["token"] = hex(record.two)
        if record.event == QUEUE_USED:
            args["written"] = written
        self.emit("i", ts, QUEUES, tid, what, s="t", args=args)
        self.emit("C", ts, QUEUES, tid, f"{record.name} queue {index}: in flight", args={"buffers": in_flight})

    # --- block requests ---

    def on_block_begin(self, record, ts):
        self.requests[record.three] = (ts, record)

    def on_block_end(self, record, ts):
        """Shown as an interval of its disk, as two moments of those who began and ended it, and a line between these."""
        since, begun = self.requests.pop(record.three, (None, None))
        if since is None:
            return
        number = len(self.events)
        status = record.two - (1 << 64) if record.two >> 63 else record.two
        operation = OPERATIONS[begun.detail] if begun.detail < len(OPERATIONS) else "?"
        what, args = f"{operation} {begun.name}", {"sector": begun.two, "status": status}
        same = {"cat": "block", "id": number}
        ends = max(since, round(ts - 0.001, 3))
        self.emit("b", since, DISKS, 0, what, args=args, **same)
        self.emit("e", ts, DISKS, 0, what, **same)
        self.slice(since, round(since + 0.001, 3), THREADS, begun.thread, f"submit {what}", **args)
        self.slice(ends, ts, CPUS, record.cpu, f"complete {what}", **args)
        self.emit("s", since, THREADS, begun.thread, what, **same)
        self.emit("f", ts, CPUS, record.cpu, what, bp="e", **same)

    # --- socket calls ---

    def on_call_begin(self, record, ts):
        self.calls[record.thread] = (ts, record)

    def on_call_end(self, record, ts):
        since, begun = self.calls.pop(record.thread, (None, None))
        if since is not None and begun.name == record.name:
            result = record.two - (1 << 64) if record.two >> 63 else record.two
            self.slice(since, ts, THREADS, record.thread, record.name, socket=hex(record.three), result=result)

    # --- boot ---

    def on_phase(self, record, ts):
        self.names[BOOT, 1], self.names[BOOT, 2] = "phases", "devices"
        if self.phase:
            self.slice(self.phase[0], ts, BOOT, 1, self.phase[1])
        self.phase = (ts, record.name)
        if record.name == "main":
            self.emit("i", ts, BOOT, 1, "main()", s="p")

    def on_device_begin(self, record, ts):
        self.devices[record.thread] = ts

    def on_device_end(self, record, ts):
        if (since := self.devices.pop(record.thread, None)) is not None:
            self.slice(since, ts, BOOT, 2, record.name, type=record.two)


def convert(data, name="the trace"):
    return Converter(read(data, name)).convert()


def write_json(data, name, output):
    document = convert(data, name)
    output.write(json.dumps(document, separators=(",", ":")) + "\n")
    return document


def check_groups(text):
    for word in text.split(","):
        if word not in (*GROUPS, "all"):
            raise Refusal(f"{word}: not a group of events; there are {', '.join(GROUPS)} and all")
    return text
