# SPDX-License-Identifier: BSD-2-Clause
"""A boot as a picture: its phases with their microseconds and instructions, and the devices as they come up.

The image boots twice: once as it is, for the times; once with QEMU counting instructions (-icount shift=0), where one tick
of the TSC is one instruction.
"""
import dataclasses
import html
import pathlib
import tempfile
import time

from . import runner, trace
from .qemu import Port
from .status import Refusal

PORT = "thimble.trace"
PATIENCE_S = 60
WIDTH, LABEL, ROW, FONT = 900, 190, 22, 12
COLOURS = {"phase": "#4878a8", "device": "#d98c3f", "before": "#b0b0b0"}


@dataclasses.dataclass
class Bar:
    name: str
    kind: str
    begin: float         # microseconds since the kernel's first instruction
    end: float
    instructions: int | None = None


def record_boot(machine, counted):
    """The records of one boot, up to main()."""
    with tempfile.TemporaryDirectory(prefix="thimble-") as folder:
        path = pathlib.Path(folder) / "trace"
        path.touch()
        clone = dataclasses.replace(machine, ports=[*machine.ports, Port.to_file(PORT, path)], counted=counted,
                                    append=f"trace=boot trace.port={PORT} {machine.append}".strip())
        with runner.Run(clone, stdin=-3, stdout=-3) as run:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                ended = run.process.poll() is not None
                found = boot_records(path.read_bytes())
                if found:
                    return found
                if ended:
                    raise Refusal("the machine ended before the boot was recorded; "
                                  "does the image have the debugger (build it `--with debug`)?")
                time.sleep(0.05)
    raise Refusal(f"nothing was recorded in {PATIENCE_S} s; does the image have the debugger (build it `--with debug`)?")


def boot_records(data):
    """The trace, once main() and what came before are in it."""
    if trace.MAGIC not in data[:-trace.HEADER.size]:
        return None
    found = trace.read(data)
    names = {r.name for r in found.records if r.event == trace.PHASE}
    clocks = sum(r.event == trace.CLOCK for r in found.records)
    return found if "main" in names and clocks >= 2 else None


def bars(timed, counted=None):
    """Phases, then devices; times in microseconds from the first instruction of the kernel."""
    clock = trace.Clock(timed.records)
    phases = [(r.name, r.tsc) for r in timed.records if r.event == trace.PHASE]
    start = phases[0][1]
    found = [Bar(name, "phase", clock.us(tsc) - clock.us(start), clock.us(next_tsc) - clock.us(start))
             for (name, tsc), (_, next_tsc) in zip(phases, phases[1:])]
    begun = {}
    for r in timed.records:
        if r.event == trace.DEVICE_BEGIN:
            begun[r.thread] = r.tsc
        elif r.event == trace.DEVICE_END and r.thread in begun:
            since = begun.pop(r.thread)
            found.append(Bar(r.name, "device", clock.us(since) - clock.us(start), clock.us(r.tsc) - clock.us(start)))
    if counted:
        add_instructions(found, counted)
    return found


def add_instructions(found, counted):
    ticks = [(r.name, r.tsc) for r in counted.records if r.event == trace.PHASE]
    spent = {name: following - tsc for (name, tsc), (_, following) in zip(ticks, ticks[1:])}
    for bar in found:
        if bar.kind == "phase":
            bar.instructions = spent.get(bar.name)


def svg(title, found):
    total = max(bar.end for bar in found) or 1
    scale = (WIDTH - LABEL - 170) / total
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{(len(found) + 3) * ROW}" '
             f'font-family="sans-serif" font-size="{FONT}">',
             '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="8" y="{ROW - 6}" font-weight="bold">{html.escape(summary(title, found))}</text>']
    for number, bar in enumerate(found, 2):
        y = number * ROW
        x, width = LABEL + bar.begin * scale, max(1.0, (bar.end - bar.begin) * scale)
        lines.append(f'<text x="8" y="{y + FONT}">{html.escape(bar.name)}</text>')
        lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 6}" fill="{COLOURS[bar.kind]}">'
                     f'<title>{html.escape(label(bar))}</title></rect>')
        lines.append(f'<text x="{x + width + 5:.1f}" y="{y + FONT}">{html.escape(label(bar))}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def label(bar):
    text = f"{bar.end - bar.begin:,.0f} µs"
    return text if bar.instructions is None else f"{text}, {bar.instructions:,} instructions"


def summary(title, found):
    phases = [bar for bar in found if bar.kind == "phase"]
    text = f"{title}: {max(bar.end for bar in phases):,.0f} µs from the kernel's first instruction to main()"
    counts = [bar.instructions for bar in phases]
    return text if None in counts else f"{text}, {sum(counts):,} instructions"


def table(found):
    return "\n".join(f"{bar.name:<20} {bar.end - bar.begin:>10,.0f} µs"
                     + (f" {bar.instructions:>12,} instructions" if bar.instructions is not None else "") for bar in found)


def draw(machine, output):
    """Boots, draws, and returns what to print."""
    found = bars(record_boot(machine, False), record_boot(machine, True))
    pathlib.Path(output).write_text(svg(pathlib.Path(machine.image).name, found))
    return summary(pathlib.Path(machine.image).name, found) + "\n" + table(found)
