# SPDX-License-Identifier: BSD-2-Clause
"""Everything at once (programs/stress/): by the clock on several CPUs, and instruction by instruction, the same each time."""
import re

from harness import Boot, Guest, Machine, program, require, test

TESTS = []


def by_the_clock(kind, cpus, machine, seconds, **options):
    return Boot(f'guest/{kind}/{cpus}/{machine}/{seconds}s', 'stress', ['1', f'{seconds}000'], machine=machine, cpus=cpus,
                shows=('^all checks passed$',), weight=min(cpus, 2), timeout_s=90 + 2 * seconds, **options)


TESTS += [by_the_clock('stress', 2, 'q35', 20), by_the_clock('stress', 2, 'q35', 600, full_only=True)]
TESTS += [by_the_clock('stress', cpus, machine, 4)
          for machine in ('q35', 'microvm') for cpus in (1, 2, 4) if (machine, cpus) != ('q35', 2)]
# In little memory, which is soon in fragments.
TESTS += [by_the_clock('stress/40mib', 2, 'q35', 30, memory_mib=40)]
TESTS += [by_the_clock('debug/stress', cpus, machine, 4, debug=True)
          for machine, cpus in (('q35', 2), ('microvm', 1), ('q35', 4))]


class CountedMachine(Machine):
    """Its clock counts instructions, its CPUs take turns, and nothing in it is random: each boot is like the other."""

    def command(self):
        return ['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-M', self.machine,
                '-accel', 'tcg,thread=single', '-icount', 'shift=0,sleep=off', '-cpu', 'max,-rdrand,-rdseed',
                '-rtc', 'base=2026-01-01,clock=vm', '-m', str(self.memory_mib), '-smp', str(self.cpus), '-serial', 'stdio',
                '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-kernel', self.image,
                '-append', self.kernel_command_line()]


def digests(ctx, arguments, timeout_s, **machine):
    with Guest(CountedMachine(image=program(ctx, 'stress'), arguments=list(map(str, arguments)), **machine)) as guest:
        code = guest.finish(timeout_s)
        guest.expect('^all checks passed$', 0)
        require(code == 0, f'status {code}')
        return re.findall(r'^seed .* digest (\S+)$', guest.text, re.M)


RUN_MS, STORM_OCTAVES = 50, 8  # of the guest's time; the CPU goes to somebody else every 50 microseconds


def by_instructions(cpus, machine, first, seeds, full_only=False):
    timeout_s = 60 + 3 * seeds

    @test(f'guest/stress/seeds/{cpus}/{machine}/{first}', weight=1, timeout_s=2 * timeout_s + 20, full_only=full_only)
    def run(ctx):
        """each seed is another order of events, and the same in each boot"""
        arguments = [first, RUN_MS, seeds, STORM_OCTAVES]
        once, again = (digests(ctx, arguments, timeout_s, cpus=cpus, machine=machine) for _ in range(2))
        require(len(set(once)) == seeds, f'{len(set(once))} orders of events from {seeds} seeds')
        require(once == again, f'the same seeds, another order: {list(zip(once, again))}')


for cpus in (1, 2):
    for machine in ('q35', 'microvm'):
        by_instructions(cpus, machine, 1, 10)
    by_instructions(cpus, 'q35', 1000, 300, full_only=True)
