# SPDX-License-Identifier: BSD-2-Clause
"""A real gdb on a terminal of its own, and QEMU options that give it a line to the guest."""
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

from harness import BOOT_TIMEOUT_S, require

PROMPT = '(gdb) '
SETTINGS = ['set pagination off', 'set confirm off', 'set width 0', 'set style enabled off', 'set debuginfod enabled off',
            'set remotetimeout 60']


class Terminal:
    """A program on a pseudo terminal, and what it has shown."""

    def __init__(self, argv, **options):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options)  # so that Ctrl-C is a signal
        os.close(slave)
        self.text = ''
        self.mark = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        if kind is not None:
            print(f'--- {self.process.args[0]} ---\n{self.text}\n--- end ---')

    def send(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern, timeout_s=BOOT_TIMEOUT_S):
        deadline = time.monotonic() + timeout_s
        while not (match := re.compile(pattern, re.MULTILINE).search(self.text, self.mark)):
            left = deadline - time.monotonic()
            require(left > 0 and self.read(left), f'{pattern!r} did not appear on the terminal')
        self.mark = match.end()
        return match

    def read(self, timeout_s):
        """False: the program has gone, or nothing came."""
        if not select.select([self.master], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data.decode(errors='replace').replace('\r', '')
        return bool(data)


class Gdb(Terminal):
    """Commands go in one by one; what each printed comes out."""

    def __init__(self, image, *arguments, settings=()):
        commands = [word for line in [*SETTINGS, *settings] for word in ('-ex', line)]
        super().__init__(['gdb', '-q', '-nx', *commands, str(image), *map(str, arguments)],
                         env={**os.environ, 'TERM': 'dumb', 'COLUMNS': '300'})
        self.expect(re.escape(PROMPT))

    def run(self, command):
        self.begin(command)
        return self.finish()

    def begin(self, command):
        """For what takes its time: finish() waits for its end."""
        self.send(command + '\n')

    def finish(self):
        start = self.mark
        self.expect(re.escape(PROMPT))
        return self.text[start:self.mark - len(PROMPT)]

    def expect_after(self, command, *patterns):
        """Runs it and looks for each pattern, in this order."""
        shown, at = self.run(command), 0
        for pattern in patterns:
            match = re.compile(pattern, re.MULTILINE).search(shown, at)
            require(match, f'{command}: {pattern!r} is not in\n{shown}')
            at = match.end()
        return shown

    def thread_in(self, function):
        """The number of the thread whose calls this function is one of."""
        for section in re.split(r'^Thread (?=\d)', self.run('thread apply all bt'), flags=re.MULTILINE)[1:]:
            if re.search(rf'\b{function} \(', section):
                return int(section.split()[0])
        require(False, f'no thread is in {function}')

    def interrupt(self):
        self.send('\3')
        return self.finish()


def serial_line(path):
    """A second serial port: ttyS1."""
    return ['-serial', f'unix:{path},server=on,wait=off']


def virtio_line(path, name='org.example.gdb'):
    return ['-device', 'virtio-serial-pci', '-chardev', f'socket,id=gdb,path={path},server=on,wait=off',
            '-device', f'virtserialport,chardev=gdb,name={name}']
