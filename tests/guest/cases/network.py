# SPDX-License-Identifier: BSD-2-Clause
"""The network: addresses, pings, datagrams and streams, from outside and from inside."""
import hashlib
import socket
import socketserver
import threading

from frames import ETH_IP, UDP, Wire, address, ip_packet
from harness import Boot, Guest, Machine, program, require, serving, test

TESTS = []

TESTS += [Boot(f'guest/net/poll/{machine}', 'poll', shows=('^all checks passed$',), machine=machine)
          for machine in ('q35', 'pc', 'microvm')]
TESTS += [Boot('guest/net/poll/q35/4', 'poll', shows=('^all checks passed$',), cpus=4, weight=2)]
TESTS += [
    Boot('guest/net/dhcp', 'dhcp', ['10.0.2.2'], append='ip=dhcp', shows=(r'^address 10\.0\.2\.15$',)),
    Boot('guest/net/static', 'dhcp', ['10.0.2.2'], append='ip=10.0.2.77::10.0.2.2:255.255.255.0::eth0:off',
         shows=(r'^address 10\.0\.2\.77$',)),
    Boot('guest/net/loopback', 'dhcp', ['127.0.0.1'], shows=(r'^address 127\.0\.0\.1$',)),
]


def echo_stream(port, data, pieces=1):
    """Sends data and wants it back, in a connection of its own."""
    with socket.create_connection(('127.0.0.1', port), timeout=60) as s:
        size = -(-len(data) // pieces)
        for at in range(0, len(data), size):
            piece, got = data[at:at + size], b''
            sender = threading.Thread(target=s.sendall, args=(piece,))
            sender.start()
            while len(got) < len(piece):
                more = s.recv(65536)
                require(more, f'closed after {at + len(got)} of {len(data)} bytes')
                got += more
            sender.join()
            require(got == piece, 'the echo differs')


def echo_datagram(sock, data, tries=20):
    """A datagram may be lost; its echo may not differ."""
    sock.settimeout(3)
    for _ in range(tries):
        sock.send(data)
        try:
            require(sock.recv(65536) == data, 'the echo differs')
            return
        except TimeoutError:
            pass
    raise AssertionError(f'no echo of {len(data)} bytes')


def udp_socket(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(('127.0.0.1', port))
    return sock


def pattern(size):
    return b''.join(hashlib.sha256(str(i).encode()).digest() for i in range(size // 32 + 1))[:size]


def check_many(port, count):
    """Opened one by one: QEMU's listener has room for one connection that it has not passed on yet."""
    clients = []
    for number in range(count):
        clients.append(socket.create_connection(('127.0.0.1', port), timeout=60))
        clients[-1].sendall(b'first')
        require(clients[-1].recv(100) == b'first', f'connection {number} is not served')
    for number, client in enumerate(clients):
        client.sendall(b'%d' % number)
    for number, client in enumerate(clients):
        require(client.recv(100) == b'%d' % number, f'connection {number} got the echo of another')
        client.close()


def quit_server(guest, udp):
    udp.send(b'quit')
    served = int(guest.expect(r'^served (\d+)$')[1])
    require(guest.finish() == 0, 'status')
    return served


def server(ctx, machine, cpus):
    return serving(Machine(image=program(ctx, 'net_server'), machine=machine, cpus=cpus), [7, '7/udp'], '^ready$')


def serve(machine, cpus=1):
    @test(f'guest/net/server/{machine}' + (f'/{cpus}' if cpus > 1 else ''), weight=min(cpus, 2), timeout_s=180)
    def run(ctx):
        """a server in the guest: large and many streams, datagrams of all sizes"""
        with server(ctx, machine, cpus) as (guest, (tcp, udp_port)), udp_socket(udp_port) as udp:
            echo_stream(tcp, b'hello')
            echo_stream(tcp, pattern(3_000_000))
            echo_stream(tcp, pattern(20_000), pieces=500)
            for size in (1, 2, 100, 1471, 1472):
                echo_datagram(udp, pattern(size))
            check_many(tcp, 200)
            for _ in range(300):  # one after the other: what ended is forgotten
                echo_stream(tcp, b'x')
            require(quit_server(guest, udp) == 503, 'some connection was not counted')


for name in ('q35', 'pc', 'microvm'):
    serve(name)
serve('q35', 2)
serve('q35', 4)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class EchoDatagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


@test('guest/net/client')
def client(ctx):
    """a client in the guest: connects, refusals, half-closes, names, options, errors"""
    with (socketserver.ThreadingTCPServer(('127.0.0.1', 0), Echo) as tcp,
          socketserver.UDPServer(('127.0.0.1', 0), EchoDatagram) as udp, socket.socket() as dead):
        dead.bind(('127.0.0.1', 0))  # taken, but nobody listens
        for s in (tcp, udp):
            threading.Thread(target=s.serve_forever, daemon=True).start()
        ports = [str(s.getsockname()[1]) for s in (tcp.socket, udp.socket, dead)]
        with Guest(Machine(image=program(ctx, 'net_client'), arguments=['10.0.2.2', *ports])) as guest:
            code = guest.finish()
            guest.expect('^all checks passed$', 0)
            require(code == 0, f'status {code}')
        for s in (tcp, udp):
            s.shutdown()


def ping_on(machine):
    @test(f'guest/net/ping/{machine}')
    def run(ctx):
        """pings of every size are answered, fragmented ones too; what is not for the guest, or broken, is not"""
        wire = Wire(ctx.tmp, '192.168.7.1')
        ip = '192.168.7.2'
        guest = Guest(Machine(image=program(ctx, 'net_server'), machine=machine, extra=wire.qemu_options(),
                              append=f'ip={ip}::192.168.7.1:255.255.255.0::eth0:off'))
        with guest:
            guest.expect('^ready$')
            require(wire.resolve(ip, 30), 'no answer to ARP')
            for number, size in enumerate((0, 1, 56, 57, 1471, 1472)):
                require(wire.ping(ip, number, size), f'no answer to a ping of {size} bytes')
            for number, size in enumerate((1473, 4000), 100):
                require(wire.ping(ip, number, size), f'no answer to a fragmented ping of {size} bytes')
            hostile_frames(wire, ip)
            require(wire.ping(ip, 200, 56), 'no answer after broken frames')
            wire.send(ETH_IP, ip_packet(wire.ip, address(ip), UDP, b'\0\7\0\7\0\x0c\0\0quit'))
            require(guest.finish() == 0, 'status')
        wire.close()


def hostile_frames(wire, ip):
    """Short, long and lying frames: nothing comes back, nothing breaks."""
    good = ip_packet(wire.ip, address(ip), UDP, b'\0\7\0\7\0\x0c\0\0ping')
    for broken in (good[:19], good[:1], b'', b'\x4f' + good[1:], b'\x65' + good[1:], good[:2] + b'\xff\xff' + good[4:],
                   good[:2] + b'\0\x01' + good[4:], good + bytes(1400), good[:24] + b'\xff\xff' + good[26:]):
        wire.send(ETH_IP, broken)
    for kind in (0x0000, 0x05ff, 0x8100, 0x86dd, 0xffff):
        wire.send(kind, good)
    wire.send(0x0806, b'\xff' * 28)


for name in ('q35', 'pc'):
    ping_on(name)
