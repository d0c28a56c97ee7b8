"""The fault matrix of deliveries in small: every fault of the soak once, each death twice, on both databases."""

from pathlib import Path

import pytest

from soak.databases import KINDS, Kind
from soak.deployment import Pace
from soak.run import soak
from soak.tally import Tally

# Lease and deadline are shorter than the product's, since nobody waits for a minute here.
PACE = Pace(seconds=0, kills=2, rate=5, hold=0, lease="8,2.5")


# Connections that are cut in the middle of a handshake are never closed by anybody.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function _SSLProtocolTransport.__del__:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_breaks_each_lead_comes_to_each_destination(kind: Kind, tmp_path: Path) -> None:
    # pytest shows what was printed when the test fails.
    tally = Tally(say=print)
    await soak(kind, PACE, "20261124", tmp_path, tally)
    assert tally.violations == []
