# SPDX-License-Identifier: BSD-2-Clause
"""A machine on the guest's wire, made of Ethernet frames: it answers ARP and pings. RFC 826, 791, 792, 768."""
import os
import socket
import struct
import time

MAC = bytes.fromhex('525400aabb01')
BROADCAST = b'\xff' * 6
ETH_IP, ETH_ARP = 0x0800, 0x0806
ICMP, UDP = 1, 17


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return socket.inet_aton(text)


def ip_packet(source, target, protocol, payload, ident=1, offset=0, more=False):
    fragment = offset // 8 | (0x2000 if more else 0)
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0, source, target)
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def icmp_echo(ident, number, data, kind=8):
    head = struct.pack('!BBHHH', kind, 0, 0, ident, number)
    return head[:2] + struct.pack('!H', checksum(head + data)) + head[4:] + data


class Wire:
    """The other end of QEMU's `-netdev dgram`: one frame is one datagram between two Unix sockets."""

    def __init__(self, folder, own_ip):
        self.ours, self.theirs = os.path.join(folder, 'wire-host'), os.path.join(folder, 'wire-guest')
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind(self.ours)
        self.ip = address(own_ip)
        self.peer_mac = None

    def qemu_options(self):
        return ['-netdev', f'dgram,id=net0,local.type=unix,local.path={self.theirs},'
                           f'remote.type=unix,remote.path={self.ours}',
                '-device', 'virtio-net-pci,netdev=net0,romfile=']

    def close(self):
        self.sock.close()

    def send(self, kind, payload, to=None):
        frame = (to or self.peer_mac or BROADCAST) + MAC + struct.pack('!H', kind) + payload
        self.sock.sendto(frame.ljust(60, b'\0'), self.theirs)

    def receive(self, timeout_s):
        """The next IP packet for us, (source, protocol, payload), or None; ARP requests are answered on the way."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                frame = self.sock.recv(65536)
            except TimeoutError:
                return None
            kind, = struct.unpack_from('!H', frame, 12)
            if kind == ETH_ARP:
                self.take_arp(frame[14:42])
            elif kind == ETH_IP and frame[30:34] == self.ip:
                length, = struct.unpack_from('!H', frame, 16)
                return frame[26:30], frame[23], frame[34:14 + length]
        return None

    def take_arp(self, packet):
        operation, mac, source, target = struct.unpack('!6xH6s4s6x4s', packet)
        if operation == 1 and target == self.ip:
            self.send(ETH_ARP, self.arp(2, mac, source), mac)
        elif operation == 2:
            self.peer_mac = mac

    def arp(self, operation, mac, ip):
        return struct.pack('!HHBBH6s4s6s4s', 1, ETH_IP, 6, 4, operation, MAC, self.ip, mac, ip)

    def resolve(self, ip, timeout_s):
        """Asks for the guest's MAC address until it answers: it may be booting still."""
        deadline = time.monotonic() + timeout_s
        while self.peer_mac is None and time.monotonic() < deadline:
            try:
                self.send(ETH_ARP, self.arp(1, bytes(6), address(ip)), BROADCAST)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.02)  # QEMU has not opened its socket yet
                continue
            self.receive(0.1)
        return self.peer_mac

    def ping(self, ip, number, size, fragment=1480, timeout_s=20):
        """True when the echo comes back unchanged."""
        data = bytes((number + i) & 0xFF for i in range(size))
        request = icmp_echo(0x7417, number, data)
        for at in range(0, len(request), fragment):
            piece = request[at:at + fragment]
            self.send(ETH_IP, ip_packet(self.ip, address(ip), ICMP, piece, number + 1, at, at + fragment < len(request)))
        wanted = icmp_echo(0x7417, number, data, kind=0)
        got = b''
        while len(got) < len(wanted):
            answer = self.receive(timeout_s)
            if answer is None:
                return False
            if answer[1] == ICMP:
                got += answer[2]
        return got == wanted
