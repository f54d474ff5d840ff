"""Progress: how far a run is, for a person at a terminal."""

import time

REFRESH = 0.2       # seconds between two redraws


class Silent:
    """Shows nothing: under cron, in a pipe, with --no-progress."""

    def start(self, total):
        """Take the number of bytes to come."""

    def step(self, size):
        """Count `size` bytes as done."""

    def end(self):
        """Leave the terminal as it was."""


class Line(Silent):
    """One line on a terminal that is drawn again and again. out: a text stream."""

    def __init__(self, out):
        self._out, self._total, self._done, self._drawn = out, 0, 0, 0.0
        self._began = time.monotonic()

    def start(self, total):
        self._total += total
        self._draw()

    def step(self, size):
        self._done += size
        if time.monotonic() - self._drawn > REFRESH:
            self._draw()

    def _draw(self):
        self._drawn = time.monotonic()
        rate = self._done / max(self._drawn - self._began, 0.001)
        left = max(self._total - self._done, 0)
        eta = '{:.0f} s left'.format(left / rate) if rate else ''
        self._out.write('\r{:.1f} of {:.1f} MiB, {:.1f} MiB/s, {}\033[K'.format(
            self._done / 2.0 ** 20, self._total / 2.0 ** 20, rate / 2 ** 20, eta))
        self._out.flush()

    def end(self):
        self._out.write('\r\033[K')
        self._out.flush()
