# SPDX-License-Identifier: BSD-2-Clause
"""Raw disks: every word is where it was put, whoever reads or writes, on one CPU and on several."""
from disk_pattern import pattern
from harness import Guest, Machine, program, require, test
from thimblelib.disk import Disk

TESTS = []

ALL_PASSED = '^all checks passed$'
MIB = 1 << 20


def finish(guest, timeout_s):
    code = guest.finish(timeout_s)
    guest.expect(ALL_PASSED, 0)
    require(code == 0, f'status {code}')


def check_turned(before, after):
    """Every word of the odd MiBs is turned around."""
    for at in range(0, len(before), MIB):
        want = before[at:at + MIB]
        if at // MIB % 2:
            want = bytes(byte ^ 0xff for byte in want)
        require(after[at:at + MIB] == want, f'MiB {at // MIB} is not as the guest left it')


def block(machine, cpus):
    @test(f'guest/disk/block/{cpus}/{machine}', weight=min(cpus, 2))
    def run(ctx):
        """reads of all sizes from several threads; what was written is on the disk, and nothing else has changed"""
        data = pattern(ctx).read_bytes()
        path = ctx.tmp / 'disk.img'
        path.write_bytes(data)
        machine_ = Machine(image=program(ctx, 'block'), machine=machine, cpus=cpus, disks=[Disk(str(path))])
        with Guest(machine_) as guest:
            finish(guest, 100)
        check_turned(data, path.read_bytes())


def stress(machine, cpus, seconds, full_only=False):
    @test(f'guest/disk/stress-{seconds}-s/{cpus}/{machine}', weight=min(cpus, 2), timeout_s=100 + 2 * seconds, full_only=full_only)
    def run(ctx):
        """six threads whose small reads meet the ring's interrupt at every moment: none is lost or mixed up"""
        machine_ = Machine(image=program(ctx, 'block_stress'), machine=machine, cpus=cpus,
                           disks=[Disk(str(pattern(ctx)))], arguments=[str(seconds), str(30_000 * seconds)])
        with Guest(machine_) as guest:
            finish(guest, 60 + 2 * seconds)


for number in (1, 2, 4):
    block('q35', number)
block('microvm', 2)
for number in (1, 2):
    stress('q35', number, 8)
for number in (1, 2, 4):
    stress('q35', number, 60, full_only=True)
