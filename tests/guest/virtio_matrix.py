# SPDX-License-Identifier: BSD-2-Clause
"""The ways in which QEMU offers its virtio devices, and how many of them have to be tried to see every pair."""
import dataclasses
import itertools

# machine: (-M, the interfaces its devices can have). "forced" is a transitional device that is to be driven as legacy.
MACHINES = {
    'pc': ('pc', ('legacy', 'transitional', 'modern', 'forced')),
    'q35': ('q35', ('legacy', 'transitional', 'modern', 'forced')),
    'q35-port': ('q35', ('modern',)),
    'mmio2': ('microvm', ('modern',)),
    'mmio1': ('microvm', ('legacy',)),
}
RINGS = ('split', 'packed')
VECTORS = ('many', '1', '0')
EVENT_IDX = ('event', 'noevent')
INDIRECT = ('indirect', 'direct')
INTERFACE_OPTIONS = {'legacy': ',disable-modern=on,disable-legacy=off', 'transitional': ',disable-legacy=off',
                     'modern': ',disable-legacy=on', 'forced': ',disable-legacy=off'}


@dataclasses.dataclass(frozen=True)
class Way:
    machine: str
    interface: str
    ring: str
    vectors: str
    event_idx: str
    indirect: str

    @property
    def name(self):
        return '/'.join(dataclasses.astuple(self))

    @property
    def mmio(self):
        return self.machine.startswith('mmio')

    @property
    def legacy(self):
        return self.interface in ('legacy', 'forced')

    def possible(self):
        return (self.interface in MACHINES[self.machine][1]
                and not (self.legacy and self.ring == 'packed')     # the legacy interface has no bit for it
                and not (self.mmio and self.vectors != '0'))        # one line, that is all

    def machine_options(self):
        options = ['-M', MACHINES[self.machine][0]]
        return options + ['-global', 'virtio-mmio.force-legacy=false'] if self.machine == 'mmio2' else options

    def device(self, name, options, number):
        """-device options for 'blk', 'net' or 'rng'."""
        text = f'virtio-{name}-{"device" if self.mmio else "pci"}{options}'
        text += ',packed=on' if self.ring == 'packed' else ''
        text += ',event_idx=off' if self.event_idx == 'noevent' else ''
        text += ',indirect_desc=off' if self.indirect == 'direct' else ''
        if self.mmio:
            return ['-device', text]
        text += INTERFACE_OPTIONS[self.interface]
        text += '' if self.vectors == 'many' else f',vectors={self.vectors}'
        if self.machine != 'q35-port':
            return ['-device', text]
        return ['-device', f'pcie-root-port,id=port{number},chassis={number},slot={number}', '-device', f'{text},bus=port{number}']


def all_ways():
    ways = itertools.starmap(Way, itertools.product(
        MACHINES, INTERFACE_OPTIONS, RINGS, VECTORS, EVENT_IDX, INDIRECT))
    return [way for way in ways if way.possible()]


def pairs_of(way):
    return set(itertools.combinations(enumerate(dataclasses.astuple(way)), 2))


def pairwise(ways):
    """Ways that show each pair of values which any way shows: always the one next that shows most new ones."""
    missing = set().union(*map(pairs_of, ways))
    chosen = []
    while missing:
        best = max(ways, key=lambda way: len(pairs_of(way) & missing))
        chosen.append(best)
        missing -= pairs_of(best)
    return chosen
