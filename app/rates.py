"""How much of something in how long a time, as settings and forms say it."""

import re

LONGEST_COUNT_SECONDS = 3600
"""No limit on leads counts over a longer time: where one came from is not kept longer."""
_RATE = re.compile(r"(\d{1,6})/(\d{1,5})(s|m|h)")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Rate:
    """So many in so long a time: `60/10s`. Anything else is a `ValueError`."""

    def __init__(self, text: str) -> None:
        match = _RATE.fullmatch(text.strip())
        if not match or not int(match[1]) or not int(match[2]):
            raise ValueError("write it as count/time, for example 60/10s or 100/10m")
        self.count = int(match[1])
        self.seconds = int(match[2]) * _UNIT_SECONDS[match[3]]
        self.text = text.strip()

    def __repr__(self) -> str:
        return self.text
