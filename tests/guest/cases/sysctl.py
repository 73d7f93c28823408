# SPDX-License-Identifier: BSD-2-Clause
"""The sysctl tree: what a running system has is what docs/sysctl.md says; and as Prometheus text."""
import re
import urllib.request

from harness import ROOT, Guest, Machine, app, program, require, serving, test
from thimblelib.disk import Disk

TESTS = []
PAGE = ROOT / 'docs/sysctl.md'
ENTRY = re.compile(r'^sysctl: ([^\t]+)\t(\w+?)(\d)\t(r[ow])\t([^\t]+)\t(.*)$', re.M)


def disk(ctx, name, scsi=False):
    with open(ctx.tmp / name, 'wb') as f:
        f.truncate(1 << 20)
    return Disk(str(ctx.tmp / name), scsi=scsi)


def pattern(name):
    """dev.vtblk.0.vq1.size is one of dev.vtblk.N.vqN.size."""
    return re.sub(r'(?<=\.)\d+(?=\.)', 'N', re.sub(r'\bvq\d+', 'vqN', name))


def row(name, kind, size, access, text):
    kind = kind if kind == 'string' else f'{kind}, {int(size) * 8} bits'
    return f'| `{pattern(name)}` | {kind} | {"read, write" if access == "rw" else "read"} | {text} |'


def listing(ctx, cpus):
    machine = Machine(image=program(ctx, 'sysctl', '--with', 'debug', '--with', 'net'), cpus=cpus,
                      disks=[disk(ctx, 'a.img'), disk(ctx, 'b.img', scsi=True)])
    with Guest(machine) as guest:
        require(guest.finish() == 0, 'the program found something wrong')
        return ENTRY.findall(guest.text), int(guest.expect(r'^(\d+) entries$', 0)[1])


def tree(cpus):
    @test(f'guest/sysctl/{cpus}', weight=min(cpus, 2))
    def run(ctx):
        """sysctlbyname(3) and the listing; every name is documented, and every documented name is there"""
        entries, count = listing(ctx, cpus)
        require(len(entries) == count, f'{len(entries)} lines for {count} entries')
        names = [entry[0] for entry in entries]
        require(len(set(names)) == len(names), f'twice: {[n for n in names if names.count(n) > 1]}')
        require(dict((e[0], e[5]) for e in entries)['hw.ncpu'] == str(cpus), 'hw.ncpu')
        require({f'dev.cpu.{i}.switches' for i in range(cpus)} <= set(names), 'a CPU is missing')
        there = {row(*entry[:5]) for entry in entries}
        documented = set(re.findall(r'^\| `.*$', PAGE.read_text(), re.M))
        for line in sorted(there):
            print(line)
        require(there == documented, f'docs/sysctl.md lacks {sorted(there - documented)}, has {sorted(documented - there)}')


tree(1)
tree(2)


# --- Prometheus' text format, version 0.0.4, read strictly ---

METRIC = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf'({METRIC})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\d+)')


def parse(text):
    """{(metric, labels): value}; complains about whatever the format does not allow."""
    require(text.endswith('\n'), 'the last line does not end')
    samples, types, closed, current = {}, {}, set(), None
    for line in text.splitlines():
        if match := re.fullmatch(rf'# (HELP|TYPE) ({METRIC}) (.+)', line):
            kind, metric, rest = match.groups()
            if kind == 'TYPE':
                require(rest in ('counter', 'gauge') and metric not in types, f'a type that cannot be: {line}')
                types[metric] = rest
            if metric != current:
                require(metric not in closed, f'{metric} comes in two places')
                closed.add(current)
                current = metric
            continue
        match = SAMPLE.fullmatch(line)
        require(match, f'not a sample: {line!r}')
        metric, labels, value = match.groups()
        require(metric == current and metric in types, f'a sample without a type before it: {line}')
        require((metric, labels) not in samples, f'twice: {line}')
        require((types[metric] == 'counter') == metric.endswith('_total'), f'a counter ends with _total: {line}')
        samples[metric, labels] = int(value)
    return samples


def metrics(port):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=30) as reply:
        require(reply.headers['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8', reply.headers['Content-Type'])
        return parse(reply.read().decode())


@test('guest/sysctl/metrics')
def prometheus(ctx):
    """httpd's /metrics: strictly what Prometheus reads; its counters count"""
    machine = Machine(image=app(ctx, 'httpd'), cpus=2)
    with serving(machine, [8080], '^httpd: serving /srv on port 8080$') as (_, ports):
        before, after = metrics(*ports), metrics(*ports)
    frames = ('dev_vtnet_rxq0_ipackets_total', 'unit="0"')
    require(after[frames] > before[frames] > 0, 'no frame came')
    require(all(after[k] >= v for k, v in before.items() if k[0].endswith('_total')), 'a counter went back')
    require(after['hw_ncpu', None] == 2, 'hw.ncpu')
    require(('kern_ostype_info', 'value="Thimble"') in after, 'no kern.ostype')
