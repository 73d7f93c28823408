# SPDX-License-Identifier: BSD-2-Clause
"""Traces, boot charts and captured packets, judged by what others wrote: a JSON schema, tshark, an XML parser."""
import collections
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
import xml.etree.ElementTree

from harness import ROOT, Guest, Machine, program, require, run_tool, serving, test, thimble_build
from thimblelib import trace
from thimblelib.disk import Disk

TESTS = []

PORT = 'ttyS1'


def on_second_line(chardev):
    """A second serial line that ends there: a port of the guest's."""
    return ['-chardev', f'{chardev},id=second', '-serial', 'chardev:second']


# What chrome://tracing and Perfetto take: the Trace Event Format, as far as it is used here.
SCHEMA = {
    'type': 'object',
    'required': ['traceEvents'],
    'properties': {
        'displayTimeUnit': {'enum': ['ms', 'ns']},
        'otherData': {'type': 'object'},
        'traceEvents': {'type': 'array', 'items': {
            'type': 'object',
            'required': ['ph', 'ts', 'pid', 'tid', 'name'],
            'properties': {
                'ph': {'enum': ['X', 'i', 'C', 'b', 'e', 's', 'f', 'M']},
                'ts': {'type': 'number', 'minimum': 0}, 'dur': {'type': 'number', 'minimum': 0},
                'pid': {'type': 'integer'}, 'tid': {'type': 'integer'},
                'name': {'type': 'string', 'minLength': 1}, 'cat': {'type': 'string'}, 'args': {'type': 'object'},
                's': {'enum': ['g', 'p', 't']}, 'bp': {'const': 'e'}, 'id': {'type': ['integer', 'string']},
            },
            'additionalProperties': False,
            'allOf': [
                {'if': {'properties': {'ph': {'const': 'X'}}}, 'then': {'required': ['dur']}},
                {'if': {'properties': {'ph': {'enum': ['b', 'e', 's', 'f']}}}, 'then': {'required': ['id', 'cat']}},
                {'if': {'properties': {'ph': {'enum': ['i']}}}, 'then': {'required': ['s']}},
            ],
        }},
    },
}


def check_schema(ctx, document):
    """By Debian's python3-jsonschema, whichever Python runs the tests."""
    files = {'document': document, 'schema': SCHEMA}
    for name, data in files.items():
        (ctx.tmp / name).write_text(json.dumps(data))
    run_tool(['/usr/bin/python3', '-c', 'import json, jsonschema, sys; '
              'jsonschema.validate(*(json.load(open(name)) for name in sys.argv[1:]))', ctx.tmp / 'document', ctx.tmp / 'schema'])


def check_sense(document):
    events = [e for e in document['traceEvents'] if e['ph'] != 'M']
    tracks = collections.defaultdict(list)
    for e in events:
        tracks[e['pid'], e['tid']].append(e)
    for track, found in tracks.items():
        require(all(a['ts'] <= b['ts'] for a, b in zip(found, found[1:])), f'times go back on track {track}')
        check_nesting(track, [e for e in found if e['ph'] == 'X'])
    for begin, end in (('b', 'e'), ('s', 'f')):
        begun = {e['id']: e for e in events if e['ph'] == begin}
        ended = {e['id']: e for e in events if e['ph'] == end}
        require(begun.keys() == ended.keys(), f'{begin} and {end} do not pair up')
        require(all(begun[i]['ts'] <= ended[i]['ts'] for i in begun), 'something ends before it begins')


def check_nesting(track, slices):
    """A slice lies inside another of its track, or beside it."""
    open_until = []
    for e in sorted(slices, key=lambda e: (e['ts'], -e['dur'])):
        while open_until and open_until[-1] <= e['ts'] + 0.0015:
            open_until.pop()
        end = e['ts'] + e['dur']
        require(not open_until or end <= open_until[-1] + 0.0015, f'slices overlap on track {track}: {e}')
        open_until.append(end)


def blank_disk(ctx):
    with open(ctx.tmp / 'disk.img', 'wb') as f:
        f.truncate(1 << 20)
    return Disk(str(ctx.tmp / 'disk.img'))


def recorded(ctx, groups='all', rounds=200, cpus=1, append='', chardev=None):
    """A run of programs/traced.c: what came out of its port."""
    path = ctx.tmp / 'trace'
    machine = Machine(image=program(ctx, 'traced', '--with', 'debug'), cpus=cpus, disks=[blank_disk(ctx)],
                      append=f'{append} trace={groups} trace.port={PORT}', arguments=[str(rounds)],
                      extra=on_second_line(chardev or f'file,path={path}'))
    with Guest(machine) as guest:
        require(guest.finish() == 0, 'the program failed')
    return path.read_bytes() if path.exists() else b''


def everything(cpus):
    @test(f'guest/trace/everything/{cpus}', weight=min(cpus, 2), timeout_s=180)
    def run(ctx):
        """each kind of event is there, and makes sense"""
        data = recorded(ctx, cpus=cpus)
        require(trace.read(data).complete, 'the end is missing')
        document = trace.convert(data)
        check_schema(ctx, document)
        check_sense(document)
        events = document['traceEvents']
        names = collections.Counter((e['ph'], e['name']) for e in events)
        for wanted in (('X', 'memory'), ('X', 'libc'), ('i', 'main()'), ('X', 'vda'), ('X', 'main'), ('X', 'irq timer'),
                       ('i', 'add'), ('i', 'kick'), ('i', 'used'), ('X', 'send'), ('X', 'recv')):
            require(names[wanted], f'no {wanted} among {names}')
        lost = document['otherData']['lost records']
        require(lost or names['b', 'read vda'] >= 200, f"{names['b', 'read vda']} reads, and nothing was lost")
        require(cpus == 1 or {e['tid'] for e in events if e['pid'] == trace.CPUS} >= set(range(cpus)), 'not all CPUs are there')


everything(1)
everything(2)


@test('guest/trace/groups')
def groups(ctx):
    """only what was asked for"""
    found = {r.event for r in trace.read(recorded(ctx, 'block')).records}
    require({trace.BLOCK_BEGIN, trace.BLOCK_END} <= found, 'no requests')
    require(not found & {trace.SWITCH, trace.IRQ_BEGIN, trace.QUEUE_ADD, trace.CALL_BEGIN, trace.DEVICE_BEGIN}, f'more: {found}')


@test('guest/trace/wrong')
def wrong(ctx):
    """a group that is none, and a port that never comes, cost a line or nothing"""
    machine = Machine(image=program(ctx, 'traced', '--with', 'debug'), disks=[blank_disk(ctx)],
                      append='trace=boot,nothing trace.port=none', arguments=['5'])
    with Guest(machine) as guest:
        require(guest.finish() == 0, 'the program failed')
        guest.expect(r'param: trace=boot,nothing: not a value it can take', 0)


@test('guest/trace/lost', timeout_s=180)
def lost(ctx):
    """rings of 64 records overflow: the loss is told, and what is left makes sense"""
    document = trace.convert(recorded(ctx, rounds=2000, append='trace.records=64'))
    require(document['otherData']['lost records'] > 0, 'nothing was lost')
    check_schema(ctx, document)
    check_sense(document)


@test('guest/trace/deaf', timeout_s=180)
def deaf(ctx):
    """a host that takes the connection and never reads stalls neither the program nor its end"""
    path = str(ctx.tmp / 'deaf')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        held = []
        threading.Thread(target=lambda: held.append(listener.accept()), daemon=True).start()
        recorded(ctx, rounds=3000, append='trace.records=256', chardev=f'socket,path={path}')
    require(held, 'QEMU did not connect')


@test('guest/trace/bootchart', timeout_s=180)
def chart(ctx):
    """tools/thimble bootchart: an SVG with every phase, its microseconds and its instructions"""
    image, svg = program(ctx, 'traced', '--with', 'debug'), ctx.tmp / 'boot.svg'
    text = run_tool([ctx.root / 'tools/thimble', 'bootchart', image, '-o', svg], env={**os.environ, 'THIMBLE_SDK': str(ctx.sdk)})
    drawn = svg.read_text()
    require(xml.etree.ElementTree.fromstring(drawn).tag.endswith('svg'), 'no SVG')
    for phase in ('processor', 'memory', 'devices', 'files', 'libc'):
        require(re.search(rf'^{phase} +[\d,]+ µs +[\d,]+ instructions$', text, re.M), f'no {phase} in {text}')
        require(f'>{phase}</text>' in drawn, f'no {phase} in the picture')
    whole = int(re.search(r'main\(\), ([\d,]+) instructions', text)[1].replace(',', ''))
    require(50_000 < whole < 1_000_000, f'{whole} instructions for a boot')


# --- packets ---

READY = '^httpd: serving /srv on port 8080$'


def debug_httpd(ctx):
    return thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--with', 'debug')


def fetch(port, path='/'):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=30) as reply:
        return reply.read()


@test('guest/pcap/live', timeout_s=180)
def live(ctx):
    """tshark reads the frames as they come, and sees the request and its answer, with times and directions"""
    path = str(ctx.tmp / 'pcap.sock')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        machine = Machine(image=debug_httpd(ctx), append=f'pcap={PORT}', extra=on_second_line(f'socket,path={path}'))
        with serving(machine, [8080], READY) as (_, ports):
            stream = listener.accept()[0]
            shark = subprocess.Popen(['tshark', '-l', '-n', '-i', '-', '-Y', 'http', '-T', 'fields', '-e', 'frame.time_epoch', '-e',
                                      'frame.packet_flags_direction', '-e', 'http.request.uri', '-e', 'http.response.code'],
                                     stdin=stream.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                fetch(*ports, '/style.css')
                lines = [shark.stdout.readline().rstrip('\n').split('\t') for _ in range(2)]
            finally:
                shark.kill()
                shark.wait()
    require([line[1:] for line in lines] == [['0x00000001', '/style.css', ''], ['0x00000002', '', '200']], f'{lines}')
    times = [float(line[0]) for line in lines]
    require(times[0] < times[1] and abs(times[1] - time.time()) < 3600, f'times {times}')


@test('guest/pcap/deaf', timeout_s=180)
def deaf_capture(ctx):
    """a host that stops reading loses frames of the capture, which says how many; the network goes on"""
    path, kept = str(ctx.tmp / 'pcap.sock'), ctx.tmp / 'capture'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        big = ctx.tmp / 'root/srv'
        big.mkdir(parents=True)
        (big / 'big').write_bytes(os.urandom(1 << 20))
        image = thimble_build(ctx, [ctx.root / 'apps/httpd'], ctx.tmp / 'httpd.elf', '--with', 'debug', '--root', ctx.tmp / 'root')
        machine = Machine(image=image, append=f'pcap={PORT}', extra=on_second_line(f'socket,path={path}'))
        with serving(machine, [8080], READY) as (_, ports):
            stream = listener.accept()[0]
            require(fetch(*ports, '/big') == (big / 'big').read_bytes(), 'the file is not what was served')
            reader = threading.Thread(target=read_all, args=(stream, kept), daemon=True)
            reader.start()
            deadline = time.monotonic() + 60
            while not lost_frames(kept) and time.monotonic() < deadline:
                fetch(*ports, '/big')
                time.sleep(0.5)
    require(lost_frames(kept) > 0, 'no frame was lost, or the capture does not say so')


def read_all(stream, path):
    with open(path, 'wb', buffering=0) as out:
        while data := stream.recv(65536):
            out.write(data)


def lost_frames(path):
    """epb_dropcount of all frames, by tshark; a last block that is not complete yet is no matter."""
    if not path.exists():
        return 0
    done = subprocess.run(['tshark', '-n', '-r', path, '-T', 'fields', '-e', 'frame.drop_count'], capture_output=True, text=True, check=False)
    return sum(int(word) for word in done.stdout.split() if word.isdigit())
