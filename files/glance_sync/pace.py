"""The pace: one bandwidth limit over all the transfers of a run."""


class Throttle:
    """Holds back whoever calls `spend` so that all callers together stay under `rate` bytes a second; 0 lets all pass.

    clock(): seconds, never going back; sleep(seconds); lock: a context manager shared by all threads.
    """

    def __init__(self, rate, clock, sleep, lock):
        self._rate, self._clock, self._sleep, self._lock = rate, clock, sleep, lock
        self._free_at = None

    def spend(self, size):
        """Wait until `size` bytes more are within the rate."""
        if not self._rate:
            return
        with self._lock:
            now = self._clock()
            start = now if self._free_at is None else max(now, self._free_at)
            self._free_at = start + size / float(self._rate)
            wait = start - now
        if wait > 0:
            self._sleep(wait)
