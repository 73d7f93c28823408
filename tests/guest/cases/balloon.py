# SPDX-License-Identifier: BSD-2-Clause
"""The host takes memory and gives it back: by balloon, and by free page reporting. What QEMU holds of it is the judge."""
import re
import time

from cases.scsi import asks, leave
from harness import Guest, Machine, program, require, test

TESTS = []

MIB = 1 << 20
MEMORY_MIB = 256


def make(ctx, options='', machine='q35', memory_mib=MEMORY_MIB, extra=(), **more):
    kind = 'device' if machine == 'microvm' else 'pci'
    return Machine(image=program(ctx, 'balloon'), machine=machine, memory_mib=memory_mib,
                   extra=['-device', f'virtio-balloon-{kind},id=balloon{options}', *extra], **more)


def resident_mib(guest):
    """What QEMU's process has of the host's memory."""
    with open(f'/proc/{guest.run.process.pid}/status', encoding='ascii') as status:
        return int(re.search(r'VmRSS:\s+(\d+) kB', status.read())[1]) >> 10


def eventually(what, condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        require(time.monotonic() < deadline, f'{what} does not come to pass')
        time.sleep(0.05)


def actual_mib(guest):
    return guest.qmp('query-balloon')['actual'] / MIB


def balloon_to(guest, mib, slack_mib=0.1):
    """Has the guest keep so much."""
    guest.qmp('balloon', value=int(mib * MIB))
    eventually(f'a guest of {mib} MiB', lambda: abs(actual_mib(guest) - mib) <= slack_mib)


def free_pages(guest):
    guest.send('free pages\n')
    return int(guest.expect(r'^free pages (\d+)$')[1])


def settles(guest, pages, slack=64):
    eventually(f'{pages} free pages', lambda: abs(free_pages(guest) - pages) <= slack)


def inflates(name, options='', **more):
    @test(f'guest/balloon/inflate/{name}')
    def run(ctx):
        """to 90 % of memory and back: QEMU holds less, then the guest has all of it again"""
        with Guest(make(ctx, options, **more)) as guest:
            guest.expect('^ready$')
            start, free = resident_mib(guest), free_pages(guest)
            asks(guest, 'use 180', 'used 180')
            asks(guest, 'free', 'freed')
            before = resident_mib(guest)
            require(before > start + 150, f'QEMU has {before} MiB, and had {start}')
            balloon_to(guest, MEMORY_MIB * 0.1)
            eventually('a smaller QEMU', lambda: resident_mib(guest) < start + 20)
            print(f'QEMU: {start} MiB, used {before}, inflated {resident_mib(guest)}')
            require(free - free_pages(guest) > 57000, 'the guest has its pages still')
            balloon_to(guest, MEMORY_MIB)
            settles(guest, free)
            asks(guest, 'use 180', 'used 180')
            print(f'deflated and used {resident_mib(guest)}')
            require(resident_mib(guest) > start + 150, 'memory was used that QEMU has not')
            leave(guest)


inflates('q35')
inflates('packed', ',packed=on')
inflates('legacy', ',disable-modern=on,disable-legacy=off')
inflates('microvm', machine='microvm')
inflates('all', ',deflate-on-oom=on,free-page-reporting=on,free-page-hint=on,iothread=io0', extra=['-object', 'iothread,id=io0'])
inflates('config-4-0', ',qemu-4-0-config-size=on')


def cycles(count, full_only):
    @test(f'guest/balloon/cycles/{count}', full_only=full_only, timeout_s=3000 if full_only else 120)
    def run(ctx):
        """in and out, over and over, while the app allocates: nothing is lost"""
        with Guest(make(ctx, ',deflate-on-oom=on', memory_mib=64)) as guest:
            guest.expect('^ready$')
            free = free_pages(guest)
            for turn in range(count):
                if turn % 10 == 0:
                    guest.send('churn 8\n')
                balloon_to(guest, 8, slack_mib=60)
                balloon_to(guest, 64)
            for _ in range(0, count, 10):
                guest.expect('^freed$')
            settles(guest, free)
            leave(guest)


cycles(20, False)
cycles(1000, True)


@test('guest/balloon/pressure')
def pressure(ctx):
    """an app that needs more than the host left gets it back, where that was agreed on"""
    with Guest(make(ctx, ',deflate-on-oom=on')) as guest:
        guest.expect('^ready$')
        balloon_to(guest, 40)
        asks(guest, 'use 200', 'used 200')
        require(actual_mib(guest) > 190, f'the guest has {actual_mib(guest)} MiB')
        asks(guest, 'free', 'freed')
        eventually('the target', lambda: actual_mib(guest) == 40, 100)
        leave(guest)


@test('guest/balloon/no-pressure')
def no_pressure(ctx):
    """and does not get it where it was not, but an error"""
    with Guest(make(ctx)) as guest:
        guest.expect('^ready$')
        balloon_to(guest, 40)
        guest.send('use 200\n')
        require(int(guest.expect(r'^used (\d+)$')[1]) < 40, 'there was more memory than the host left')
        require(actual_mib(guest) == 40, 'the balloon shrank')
        asks(guest, 'free', 'freed')
        leave(guest)


@test('guest/balloon/unreachable')
def unreachable(ctx):
    """a host that wants more than there is gets all but what the guest needs"""
    with Guest(make(ctx)) as guest:
        guest.expect('^ready$')
        guest.qmp('balloon', value=MIB)
        eventually('a small guest', lambda: actual_mib(guest) < 20)
        require(actual_mib(guest) > 8, f'the guest has {actual_mib(guest)} MiB')
        asks(guest, 'use 2', 'used 2')
        leave(guest)


@test('guest/balloon/statistics')
def statistics(ctx):
    """what the guest tells of its memory is so, and new each time"""
    with Guest(make(ctx)) as guest:
        guest.expect('^ready$')

        def stats():
            return guest.qmp('qom-get', path='/machine/peripheral/balloon', property='guest-stats')

        guest.qmp('qom-set', path='/machine/peripheral/balloon', property='guest-stats-polling-interval', value=1)
        eventually('statistics', lambda: stats()['last-update'])
        first = stats()['stats']
        require(250 * MIB < first['stat-total-memory'] < 256 * MIB, f'{first}')
        require(abs(first['stat-free-memory'] / 4096 - free_pages(guest)) < 64, f'{first}')
        require(first['stat-swap-in'] == first['stat-major-faults'] == 0, f'{first}')
        asks(guest, 'use 100', 'used 100')
        eventually('less free memory', lambda: first['stat-free-memory'] - stats()['stats']['stat-free-memory'] >= 100 * MIB)
        require(stats()['stats']['stat-minor-faults'] > first['stat-minor-faults'], f'{stats()}')
        require(stats()['stats'].keys() == first.keys(), 'other statistics than before')
        leave(guest)


def idle_mib(guest):
    print(f'QEMU: {resident_mib(guest)} MiB')
    time.sleep(1)
    return resident_mib(guest)


def reporting(name, options=''):
    @test(f'guest/balloon/reporting/{name}')
    def run(ctx):
        """an idle guest that used and freed 200 MB is as small as before, by itself"""
        with Guest(make(ctx, ',free-page-reporting=on' + options)) as guest:
            guest.expect('^ready$')
            time.sleep(3)  # what it reports of its start
            start = resident_mib(guest)
            asks(guest, 'use 200', 'used 200')
            used = resident_mib(guest)
            require(used > start + 190, f'QEMU has {used} MiB, and had {start}')
            asks(guest, 'free', 'freed')
            eventually(f'a QEMU as small as {start} MiB', lambda: idle_mib(guest) < start + 4)  # two units: no page here and there holds one
            print(f'QEMU: {start} MiB, used {used}, idle {resident_mib(guest)}')
            asks(guest, 'use 200', 'used 200')
            asks(guest, 'free', 'freed')
            leave(guest)


reporting('q35')
reporting('packed', ',packed=on')


def migrated_mib(ctx, options, extra, hinted):
    """Copied slowly until the hints have come: of 180 MiB, as one would see, hardly anything is gone by then."""
    with Guest(make(ctx, options, extra=extra)) as guest:
        guest.expect('^ready$')
        asks(guest, 'use 180', 'used 180')
        asks(guest, 'free', 'freed')
        guest.qmp('migrate-set-parameters', **{'max-bandwidth': 1 << 20})
        guest.qmp('migrate', uri='exec:cat >/dev/null')
        if hinted:
            eventually('hints', lambda: guest.qmp('query-migrate').get('ram', {}).get('remaining', 1 << 40) < 100 * MIB)
        guest.qmp('migrate-set-parameters', **{'max-bandwidth': 1 << 30})
        eventually('the copy', lambda: guest.qmp('query-migrate').get('status') == 'completed')
        return guest.qmp('query-migrate')['ram']['normal-bytes'] / MIB


@test('guest/balloon/hint')
def hint(ctx):
    """a machine that is copied elsewhere: free memory is not"""
    without = migrated_mib(ctx, '', [], False)
    hinted = migrated_mib(ctx, ',free-page-hint=on,iothread=io0', ['-object', 'iothread,id=io0'], True)
    print(f'{without:.0f} MiB are copied, {hinted:.0f} with hints')
    require(hinted < without / 2, f'{without} MiB are copied, {hinted} with hints')


@test('guest/balloon/unplugged')
def unplugged(ctx):
    """a balloon that goes leaves its pages to the guest"""
    ports = ['-device', 'pcie-root-port,id=p1,chassis=1,slot=1']
    machine = make(ctx, ',bus=p1', extra=ports)
    machine.extra = ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off', *ports, *machine.extra[:2]]
    with Guest(machine) as guest:
        guest.expect('^ready$')
        free = free_pages(guest)
        balloon_to(guest, 60)
        guest.qmp('device_del', id='balloon')
        guest.event('DEVICE_DELETED', device='balloon')
        settles(guest, free, 300)
        asks(guest, 'use 180', 'used 180')
        leave(guest)
