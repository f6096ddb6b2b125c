"""What every layer of the tests starts from."""

from __future__ import annotations

import signal

# A run in the background ignores these, and so would every program that a test starts and ends.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
