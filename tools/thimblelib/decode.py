# SPDX-License-Identifier: BSD-2-Clause
"""Source lines for the call chains on a guest's console.

A panic and the monitor print frames as "#3  0x0000000000107ca6 switch_away+0x131" (debug/say.c). Where such a line ends, its
place in the source is added; every other byte passes as it came, at once.
"""
import os
import re
import subprocess
import threading

FRAME = re.compile(rb"#(\d+) +0x([0-9a-f]{16})(?: ([^ ]+)\+0x[0-9a-f]+)?")
LINE_MAX = 512
TOO_LONG = b"\0"  # matches nothing, whatever follows


class Places:
    """One addr2line process, started when it is first needed."""

    def __init__(self, image):
        self.image = image
        self.process = None

    def ask(self, address):
        if not self.process:
            self.process = subprocess.Popen(["addr2line", "-e", self.image], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, start_new_session=True)
        self.process.stdin.write(b"%#x\n" % address)
        self.process.stdin.flush()
        return self.process.stdout.readline().strip().split(b" (discriminator")[0]

    def place(self, address):
        """b"file:line", or None where nobody knows, binutils being away included."""
        try:
            answer = self.ask(address)
        except OSError:
            return None
        return answer if answer and not answer.startswith(b"?") and not answer.endswith((b":?", b":0")) else None

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


class Decoder:
    def __init__(self, place):
        self.place = place
        self.line = b""  # what has passed of the last one

    def addition(self):
        """What is to be added to the line that ends."""
        frame = FRAME.fullmatch(self.line)
        if not frame:
            return b""
        # A return address: the call lies before it. Frame 0 is an instruction.
        place = self.place(int(frame[2], 16) - (frame[1] != b"0"))
        return b" " + place if place else b""

    def pass_on(self, data):
        """data, and what is to be added to it."""
        out = b""
        for piece in re.split(rb"([\r\n])", data):
            if piece in (b"\r", b"\n"):
                out += self.addition() + piece
                self.line = b""
            else:
                out += piece
                self.line = self.line + piece if len(self.line) + len(piece) < LINE_MAX else TOO_LONG
        return out


def pump(source, image, output=1):
    """Copies until source ends. A reader that is gone is the guest's console closed."""
    places = Places(image)
    decoder = Decoder(places.place)
    try:
        while data := source.read1(65536):
            rest = memoryview(decoder.pass_on(data))
            while rest:
                rest = rest[os.write(output, rest):]
    except OSError:
        pass
    finally:
        source.close()
        places.close()


def start(source, image):
    thread = threading.Thread(target=pump, args=(source, image), daemon=True)
    thread.start()
    return thread
