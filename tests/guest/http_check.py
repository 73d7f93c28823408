#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks a running httpd, behaviour by behaviour, as RFC 9110 and RFC 9112 word them.

    http_check.py --make DIR                   writes the tree the checks expect
    http_check.py HOST PORT                    checks a server of that tree
    http_check.py HOST PORT --idle S           checks the timeout of one that was started with -t S
"""
import argparse
import concurrent.futures
import email.utils
import functools
import hashlib
import html.parser
import http.client
import os
import re
import socket
import sys
import time
import urllib.parse

MODIFIED = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example
ODD_NAMES = ['a b.txt', '100%.txt', 'a&b<c>"d\'.txt', 'ümläut.txt', 'x:y.txt', 'q?h#.txt', '+.txt', '.hidden',
             'semi;colon,comma.txt', '~tilde_-.txt', 'back\\slash.txt', 'n' * 251 + '.txt']
TYPES = {'t.html': 'text/html', 't.css': 'text/css', 't.js': 'text/javascript', 't.png': 'image/png',
         't.svg': 'image/svg+xml', 't.txt': 'text/plain', 't.json': 'application/json', 't.TXT': 'text/plain',
         't.woff2': 'font/woff2', 't.wasm': 'application/wasm', 't.gz': 'application/gzip',
         'noextension': 'application/octet-stream', 't.unknown': 'application/octet-stream'}


@functools.cache
def pattern(seed, size):
    """Bytes that betray a piece out of place: SHA-256 in counter mode."""
    blocks = (hashlib.sha256(f'{seed}:{i}'.encode()).digest() for i in range(size // 32 + 1))
    return b''.join(blocks)[:size]


def check_tree():
    files = {'small.txt': b'0123456789', 'empty': b'', 'one': b'1', 'big.bin': pattern('big', 3_000_001),
             'sub/index.html': b'<p>index of sub', 'list/z': b'z', 'list/a': b'a', 'list/dir/deep.txt': b'deep',
             'list/B': b'B', 'emptydir/.keep': b''}
    files.update({f'odd/{name}': name.encode() for name in ODD_NAMES})
    files.update({f'types/{name}': b'x' for name in TYPES})
    files.update({f'many/{i:04}': f'{i}'.encode() for i in range(500)})
    return files


def make_tree(root):
    for name, data in check_tree().items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)
        os.utime(path, (MODIFIED, MODIFIED))
    os.symlink('small.txt', os.path.join(root, 'link.txt'))
    os.symlink('list', os.path.join(root, 'linkdir'))
    os.symlink('nowhere', os.path.join(root, 'dangling'))
    os.symlink('loop', os.path.join(root, 'loop'))


class Answer:
    def __init__(self, status, headers, body, version):
        self.status, self.headers, self.body, self.version = status, headers, body, version

    def __getitem__(self, name):
        return self.headers.get(name.lower())


class Client:
    """One connection, spoken to in raw bytes."""

    def __init__(self, server):
        self.sock = socket.create_connection((server.host, server.port), timeout=60)
        self.data = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def more(self):
        piece = self.sock.recv(65536)
        self.data += piece
        return bool(piece)

    def answer(self, head_only=False):
        while b'\r\n\r\n' not in self.data:
            assert self.more(), f'closed inside a head: {self.data!r}'
        head, self.data = self.data.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        version, status, _reason = lines[0].split(' ', 2)
        headers = {}
        for line in lines[1:]:
            name, value = line.split(': ', 1)
            assert name.lower() not in headers, f'{name} twice'
            headers[name.lower()] = value
        bodyless = head_only or status in ('304',)
        length = 0 if bodyless else int(headers['content-length'])
        while len(self.data) < length:
            assert self.more(), f'closed inside a body: {len(self.data)} of {length} bytes'
        body, self.data = self.data[:length], self.data[length:]
        return Answer(int(status), headers, body, version)

    def at_end(self):
        """True when the server closes and nothing more comes."""
        try:
            return not self.data and not self.more()
        except ConnectionResetError:
            return True


class Server:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def connect(self):
        return Client(self)

    def ask(self, raw, head_only=False):
        with self.connect() as c:
            c.send(raw)
            return c.answer(head_only)

    def get(self, target, method='GET', **headers):
        fields = ''.join(f'{n.replace("_", "-")}: {v}\r\n' for n, v in headers.items())
        return self.ask(f'{method} {target} HTTP/1.1\r\nHost: t\r\n{fields}\r\n', method == 'HEAD')

    def alive(self):
        assert self.get('/one').body == b'1'


def expect(got, want, what=''):
    assert got == want, f'{what or "got"}: {got!r}, wanted {want!r}'


# --- one function per behaviour; the docstring is what is checked ---

def check_get(s):
    """GET gives the file with its length, type and dates"""
    a = s.get('/small.txt')
    expect((a.status, a.body, a['content-length'], a.version), (200, b'0123456789', '10', 'HTTP/1.1'))
    expect(a['last-modified'], 'Sun, 06 Nov 1994 08:49:37 GMT')
    expect(a['accept-ranges'], 'bytes')
    assert re.fullmatch(r'(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', a['date']), a['date']
    assert a['connection'] is None


def check_sizes(s):
    """files of 0, 1 and three million bytes arrive whole"""
    expect(s.get('/empty').body, b'')
    expect(s.get('/one').body, b'1')
    expect(s.get('/big.bin').body, pattern('big', 3_000_001))


def check_head(s):
    """HEAD gives GET's fields and no body"""
    get, head = s.get('/small.txt'), s.get('/small.txt', 'HEAD')
    for name in ('content-length', 'content-type', 'last-modified'):
        expect(head[name], get[name])
    with s.connect() as c:
        c.send('HEAD /small.txt HTTP/1.1\r\nHost: t\r\n\r\nGET /one HTTP/1.1\r\nHost: t\r\n\r\n')
        expect(c.answer(True).status, 200)
        expect(c.answer().body, b'1')
    expect(s.get('/list/', 'HEAD')['content-length'], s.get('/list/')['content-length'])
    expect(s.get('/none', 'HEAD').status, 404)


def check_types(s):
    """types follow the extension, whatever its case"""
    for name, kind in TYPES.items():
        expect(s.get(f'/types/{name}')['content-type'].split(';')[0], kind, name)


def check_keep_alive(s):
    """one connection serves many requests"""
    with s.connect() as c:
        for i in range(50):
            c.send(f'GET /many/{i:04} HTTP/1.1\r\nHost: t\r\n\r\n')
            expect(c.answer().body, f'{i}'.encode())


def check_pipeline(s):
    """pipelined requests are answered in order, errors between them included"""
    with s.connect() as c:
        paths = [f'/many/{i:04}' for i in range(200)] + ['/none', '/big.bin', '/one']
        c.send(''.join(f'GET {p} HTTP/1.1\r\nHost: t\r\n\r\n' for p in paths))
        for i in range(200):
            expect(c.answer().body, f'{i}'.encode())
        expect([c.answer().status for _ in range(3)], [404, 200, 200])


def check_pipeline_in_drops(s):
    """a request is understood however its bytes are cut"""
    with s.connect() as c:
        for byte in b'GET /one HTTP/1.1\r\nHost: t\r\n\r\nGET /small.txt HTTP/1.1\r\nHost: t\r\n\r\n':
            c.send(bytes([byte]))
        expect([c.answer().body, c.answer().body], [b'1', b'0123456789'])


def check_half_close(s):
    """a client that closes its side still gets its answers"""
    with s.connect() as c:
        c.send('GET /one HTTP/1.1\r\nHost: t\r\n\r\nGET /big.bin HTTP/1.1\r\nHost: t\r\n\r\n')
        c.sock.shutdown(socket.SHUT_WR)
        expect(c.answer().body, b'1')
        expect(len(c.answer().body), 3_000_001)
        assert c.at_end()


def check_close(s):
    """Connection: close and HTTP/1.0 end the connection; keep-alive in 1.0 does not"""
    for raw in ('GET /one HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n',
                'GET /one HTTP/1.1\r\nHost: t\r\nConnection: TE, Close\r\n\r\n',
                'GET /one HTTP/1.0\r\n\r\n'):
        with s.connect() as c:
            c.send(raw)
            expect(c.answer()['connection'], 'close')
            assert c.at_end()
    with s.connect() as c:
        for _ in range(2):
            c.send('GET /one HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n')
            expect(c.answer()['connection'], 'keep-alive')


def check_range(s):
    """a single range gives 206 with exactly those bytes"""
    for field, body, where in (('bytes=0-0', b'0', '0-0'), ('bytes=2-5', b'2345', '2-5'), ('bytes=7-', b'789', '7-9'),
                               ('bytes=-3', b'789', '7-9'), ('bytes=-99', b'0123456789', '0-9'),
                               ('bytes=5-999999999999999999999', b'56789', '5-9'), ('Bytes=9-9', b'9', '9-9')):
        a = s.get('/small.txt', Range=field)
        expect((a.status, a.body, a['content-range']), (206, body, f'bytes {where}/10'), field)
    big = pattern('big', 3_000_001)
    for first, last in ((32767, 32768), (1, 2_999_999), (65536, 131071), (3_000_000, 3_000_000)):
        a = s.get('/big.bin', Range=f'bytes={first}-{last}')
        expect((a.status, a.body == big[first:last + 1]), (206, True), f'{first}-{last}')


def check_range_unsatisfiable(s):
    """a range outside the file gives 416 with its length"""
    for target, field, size in (('/small.txt', 'bytes=10-', 10), ('/small.txt', 'bytes=99-100', 10),
                                ('/small.txt', 'bytes=-0', 10), ('/empty', 'bytes=0-', 0)):
        a = s.get(target, Range=field)
        expect((a.status, a['content-range']), (416, f'bytes */{size}'), field)


def check_range_ignored(s):
    """several ranges, other units and nonsense are ignored: 200 and the whole file"""
    for field in ('bytes=0-1,3-4', 'lines=1-2', 'bytes=5-2', 'bytes=a-b', 'bytes', 'bytes=', 'bytes=-', '0-1',
                  'bytes=1-2-3', 'bytes=--1'):
        a = s.get('/small.txt', Range=field)
        expect((a.status, a.body), (200, b'0123456789'), field)
    expect(s.get('/empty', Range='bytes=-5').status, 200)
    expect(s.get('/small.txt', 'HEAD', Range='bytes=0-1').status, 200)


def check_if_range(s):
    """If-Range: the part only of the very same file"""
    same, other = 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:38 GMT'
    for value, status in ((same, 206), (other, 200), ('"tag"', 200)):
        expect(s.get('/small.txt', Range='bytes=0-1', If_Range=value).status, status, value)


def check_conditions(s):
    """If-Modified-Since and its kin, in all three date formats"""
    for value, status in (('Sun, 06 Nov 1994 08:49:37 GMT', 304), ('Sunday, 06-Nov-94 08:49:37 GMT', 304),
                          ('Sun Nov  6 08:49:37 1994', 304), ('Sun, 06 Nov 1994 08:49:36 GMT', 200),
                          ('Mon, 07 Nov 1994 00:00:00 GMT', 304), ('yesterday', 200), ('', 200)):
        a = s.get('/small.txt', If_Modified_Since=value)
        expect(a.status, status, value)
        assert status != 304 or (a['date'] and a['last-modified'])
    same = 'Sun, 06 Nov 1994 08:49:37 GMT'
    expect(s.get('/small.txt', If_Modified_Since=same, If_None_Match='"x"').status, 200)
    expect(s.get('/small.txt', If_None_Match='*').status, 304)
    expect(s.get('/small.txt', If_Match='*').status, 200)
    expect(s.get('/small.txt', If_Match='"x"').status, 412)
    expect(s.get('/small.txt', If_Unmodified_Since=same).status, 200)
    expect(s.get('/small.txt', If_Unmodified_Since='Sun, 06 Nov 1994 08:49:36 GMT').status, 412)
    with s.connect() as c:
        c.send(f'GET /small.txt HTTP/1.1\r\nHost: t\r\nIf-Modified-Since: {same}\r\n\r\n' * 2)
        expect([c.answer().status, c.answer().status], [304, 304])


def check_index(s):
    """a directory's index.html stands for it"""
    a = s.get('/sub/')
    expect((a.status, a.body), (200, b'<p>index of sub'))
    expect(a['content-type'].split(';')[0], 'text/html')


def check_redirect(s):
    """a directory without its slash is redirected, query kept, and never to another host"""
    for target, location in (('/sub', '/sub/'), ('/list?x=1', '/list/?x=1'), ('/list/dir', '/list/dir/'),
                             ('//list', '/list/'), ('http://t/sub', '/sub/'), ('/linkdir', '/linkdir/')):
        a = s.get(target)
        expect((a.status, a['location']), (301, location), target)


class Links(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        if tag == 'a':
            self.found.append(dict(attrs)['href'])


def check_listing(s):
    """a listing is sorted, marks directories, quotes names, and every link leads to its file"""
    a = s.get('/list/')
    expect(a.status, 200)
    expect(Links(a.body).found, ['../', 'B', 'a', 'dir/', 'z'])
    a = s.get('/odd/')
    links = [l for l in Links(a.body).found if l != '../']
    expect([urllib.parse.unquote(l) for l in links], sorted(ODD_NAMES, key=str.encode))
    for link in links:
        url = urllib.parse.urljoin('http://t/odd/', link)
        expect(s.get(urllib.parse.urlsplit(url).path).body, urllib.parse.unquote(link).encode(), link)
    assert b'<c>' not in a.body
    names = [urllib.parse.unquote(l) for l in Links(s.get('/').body).found]
    assert 'small.txt' in names and 'sub/' in names and '../' not in names, names
    assert 'dangling' not in names and 'linkdir/' in names, names


def check_symlinks(s):
    """symbolic links are followed; those to nowhere are not found"""
    expect(s.get('/link.txt').body, b'0123456789')
    expect(s.get('/linkdir/a').body, b'a')
    expect(s.get('/dangling').status, 404)
    expect(s.get('/loop').status, 404)


def check_decoding(s):
    """percent-encoding, empty and dot segments, queries and absolute targets"""
    for target in ('/%73mall.txt', '/./small.txt', '//small.txt', '/small.txt?query=/../x', '/list/./../small.txt',
                   'http://other/small.txt', 'HTTP://t/small.txt'):
        a = s.get(target)
        if '..' in target.split('?')[0]:
            assert a.status in (400, 403, 404), target
        else:
            expect((a.status, a.body), (200, b'0123456789'), target)


def check_traversal(s):
    """nothing above the root is reached, however it is written"""
    for target in ('/../etc/passwd', '/%2e%2e/etc/passwd', '/%2E%2e/', '/.%2e/x', '/list/../../x', '/..', '/list/..',
                   '/..%2fetc/passwd', '/%2e%2e%2fetc/passwd', '/list%2fa', '/small.txt%00', '/%00', '/small.txt%00.html',
                   '/..%5c..%5cx', '/%252e%252e/', 'http://t/../x'):
        assert s.get(target).status in (400, 403, 404), target
    s.alive()


def check_not_found(s):
    """404 for what is not there"""
    for target in ('/none', '/none/', '/small.txt/', '/small.txt/x', '/list/none', '/' + 'x' * 300, '/' + 'a/' * 2000):
        expect(s.get(target).status, 404, target[:40])


def check_malformed(s):
    """400 for what is not HTTP, and the connection ends"""
    for raw in ('GET\r\n\r\n', 'GET /\r\n\r\n', 'GET  / HTTP/1.1\r\nHost: t\r\n\r\n', 'GET / HTTP/1\r\nHost: t\r\n\r\n',
                'GET / http/1.1\r\nHost: t\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
                'GET / HTTP/1.1\r\nHost : t\r\n\r\n', 'GET / HTTP/1.1\r\nHost: t\r\n folded\r\n\r\n',
                'GET / HTTP/1.1\r\nHost: t\r\nnocolon\r\n\r\n', 'GET / HTTP/1.1\r\nHost: t\r\n: x\r\n\r\n',
                'GET / HTTP/1.1\r\nHost: t\r\nX: \0\r\n\r\n', 'GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n',
                'G(T / HTTP/1.1\r\nHost: t\r\n\r\n', 'GET x HTTP/1.1\r\nHost: t\r\n\r\n', 'GET /% HTTP/1.1\r\nHost: t\r\n\r\n',
                'GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n', 'GET /%4 HTTP/1.1\r\nHost: t\r\n\r\n', '\x16\x03\x01\x02\r\n\r\n',
                'GET / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n',
                'GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
                'GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'):
        expect(s.ask(raw).status, 400, raw)
    with s.connect() as c:
        c.send('nonsense\r\n\r\nGET /one HTTP/1.1\r\nHost: t\r\n\r\n')
        expect(c.answer()['connection'], 'close')
        assert c.at_end()


def check_lenient(s):
    """bare LF and empty lines before a request are tolerated (RFC 9112, 2.2)"""
    expect(s.ask('GET /one HTTP/1.1\nHost: t\n\n').body, b'1')
    expect(s.ask('\r\n\r\nGET /one HTTP/1.1\r\nHost: t\r\n\r\n').body, b'1')
    expect(s.ask('GET /one HTTP/1.1\r\nhOST:t\r\nX:\r\n\r\n').body, b'1')


def check_methods(s):
    """405 with Allow for methods not served, 501 for unknown ones; the connection goes on"""
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'):
        a = s.get('/small.txt', method)
        expect((a.status, a['allow']), (405, 'GET, HEAD'), method)
    expect(s.get('*', 'OPTIONS').status, 405)
    for method in ('BREW', 'get', 'GETT'):
        expect(s.get('/', method).status, 501, method)
    with s.connect() as c:
        c.send('POST /one HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhelloGET /one HTTP/1.1\r\nHost: t\r\n\r\n')
        expect([c.answer().status, c.answer().status], [405, 200])


def check_versions(s):
    """505 for another major version, 1.x is 1.1"""
    for version, status in (('HTTP/2.0', 505), ('HTTP/0.9', 505), ('HTTP/1.7', 200)):
        expect(s.ask(f'GET /one {version}\r\nHost: t\r\n\r\n').status, status, version)


def check_bodies(s):
    """a body on GET is thrown away, a large one refused with 413, an unframed one with 411 or 501"""
    with s.connect() as c:
        c.send(b'GET /one HTTP/1.1\r\nHost: t\r\nContent-Length: 60000\r\n\r\n' + b'x' * 60000)
        c.send('GET /small.txt HTTP/1.1\r\nHost: t\r\n\r\n')
        expect([c.answer().body, c.answer().body], [b'1', b'0123456789'])
    for field, status in (('Content-Length: 999999999', 413), ('Content-Length: 99999999999999999999999', 413),
                          ('Transfer-Encoding: chunked', 411), ('Transfer-Encoding: gzip, chunked', 501)):
        a = s.ask(f'POST / HTTP/1.1\r\nHost: t\r\n{field}\r\n\r\n')
        expect((a.status, a['connection']), (status, 'close'), field)
    with s.connect() as c:
        c.send('GET /one HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
        expect(c.answer()['connection'], 'close')
    expect(s.get('/one', Expect='100-continue').status, 200)


def check_limits(s):
    """414 for a target, 431 for a head too long, with the client still sending"""
    expect(s.get('/' + 'a' * 5000).status, 414)
    for raw, status in ((b'GET /' + b'a' * 300_000, 414),
                        (b'GET / HTTP/1.1\r\nHost: t\r\n' + b'X: y\r\n' * 50_000, 431),
                        (b'GET / HTTP/1.1\r\nHost: t\r\nX: ' + b'y' * 300_000, 431)):
        expect(s.ask(raw).status, status)
    s.alive()


def check_idle(s, timeout_s):
    """half a request gets 408 after the timeout, dripped ones too; a silent connection is closed"""
    with s.connect() as half, s.connect() as silent, s.connect() as dripping:
        start = time.monotonic()
        half.send('GET / HT')
        pace = timeout_s / 10
        dripping.sock.settimeout(pace)
        status = None
        while status is None:
            assert time.monotonic() - start < 10 * timeout_s + 30, 'drips keep a connection alive'
            try:
                dripping.send('G')
                status = dripping.answer().status
            except TimeoutError:
                pass
        expect(status, 408)
        expect(half.answer().status, 408)
        assert half.at_end() and silent.at_end()
        assert time.monotonic() - start > timeout_s * 0.9, 'gave up too early'


def check_slow_reader(s):
    """a client that does not read holds up nobody and loses nothing"""
    big = pattern('big', 3_000_001)
    with s.connect() as slow:
        slow.send('GET /big.bin HTTP/1.1\r\nHost: t\r\n\r\n' * 3)
        for _ in range(20):
            s.alive()
        for _ in range(3):
            expect(slow.answer().body == big, True, 'the slow reader got its file')


def check_aborts(s):
    """clients that vanish in the middle leave no trace"""
    for i in range(30):
        with s.connect() as c:
            c.send('GET /big.bin HTTP/1.1\r\nHost: t\r\n\r\n' if i % 3 else 'GET /bi')
            if i % 2:
                c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            if i % 3 and i % 5 == 1:
                c.sock.recv(10)
    s.alive()


def check_many(s, count=300):
    """hundreds of connections open at once are all served"""
    clients = []
    for i in range(count):  # QEMU's listener takes hardly any connection before it has passed on the last
        clients.append(s.connect())
        clients[-1].send(f'GET /many/{i:04} HTTP/1.1\r\nHost: t\r\n\r\n')
        expect(clients[-1].answer().body, f'{i}'.encode())
    for c in reversed(clients):
        c.send('GET /small.txt HTTP/1.1\r\nHost: t\r\n\r\n')
    for c in clients:
        expect(c.answer().body, b'0123456789')
        c.sock.close()


def check_parallel(s):
    """a real HTTP client, sixteen at once, gets every byte"""
    want = hashlib.sha256(pattern('big', 3_000_001)).digest()

    def fetch(_):
        c = http.client.HTTPConnection(s.host, s.port, timeout=120)
        digests = []
        for _ in range(2):
            c.request('GET', '/big.bin')
            digests.append(hashlib.sha256(c.getresponse().read()).digest())
        c.close()
        return digests

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for digests in pool.map(fetch, range(16)):
            expect(digests, [want, want])


def check_date(s):
    """Date is this hour's"""
    then = email.utils.parsedate_to_datetime(s.get('/one')['date']).timestamp()
    assert abs(then - time.time()) < 3600, s.get('/one')['date']


CHECKS = [f for name, f in list(globals().items())
          if name.startswith('check_') and name not in ('check_tree', 'check_idle')]


def run_checks(host, port, report=print):
    """Runs every check but that of the timeout; returns how many failed."""
    failed = 0
    server = Server(host, port)
    for check in CHECKS:
        start = time.monotonic()
        try:
            check(server)
            report(f'ok   {check.__doc__} ({time.monotonic() - start:.1f} s)')
        except Exception as e:  # whatever it is, the other checks are worth running
            failed += 1
            report(f'FAIL {check.__doc__} ({time.monotonic() - start:.1f} s): {type(e).__name__}: {str(e)[:400]}')
    return failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--make', metavar='DIR')
    p.add_argument('--idle', type=float, metavar='S')
    p.add_argument('server', nargs='*', metavar='HOST PORT')
    args = p.parse_args()
    if args.make:
        make_tree(args.make)
        return 0
    host, port = args.server
    if args.idle:
        check_idle(Server(host, int(port)), args.idle)
        return 0
    return 1 if run_checks(host, int(port)) else 0


if __name__ == '__main__':
    sys.exit(main())
