"""Logs: what libraries, Python itself and our own faults would quote never gets into a line."""

import json
import re
import subprocess
import sys

import pytest

CANARY = "quillfeather"
_BEFORE = """
import asyncio, gc, logging, os, sys, threading, warnings
from app.settings import read_settings
from app.telemetry import configure_logging, logger
configure_logging(read_settings(os.environ))
word = "quill" + "feather"
def fail(*_): raise ValueError(word)
class Shy:
    def __del__(self): fail()
    def __repr__(self): return word
async def broken(): fail()
async def forgotten():
    asyncio.get_running_loop().call_soon(fail, word)
    task = asyncio.create_task(broken(), name=word)
    await asyncio.sleep(0.01)
    del task
    gc.collect()
"""
PLACES = {
    "our own fault": "try:\n  fail()\nexcept ValueError:\n  logger.exception('fault')",
    "a fault behind a fault": "try:\n  try: fail()\n  except ValueError as e: raise KeyError(word) from e\n"
    "except KeyError: logger.exception('fault')",
    "a crash": "fail()",
    "a thread's crash": "thread = threading.Thread(target=fail, name=word); thread.start(); thread.join()",
    "a task nobody waited for": "asyncio.run(forgotten())",
    "a slow callback": "os.environ['PYTHONASYNCIODEBUG'] = '1'; asyncio.run(forgotten(), debug=True)",
    "a destructor": "shy = Shy(); del shy",
    "a warning": "warnings.simplefilter('always'); warnings.warn('odd ' + word)",
    "a coroutine never awaited": "broken.__qualname__ = word; broken()",
    "a library's values": "logging.getLogger('aiohttp.client').warning('Can not load cookies: %s', word)",
    "a library's sentence": "logging.getLogger('some.library').error(f'It broke at {word!r}: {word}')",
    "a library's trace": "logging.getLogger('some.library').error('It broke\\n' + word)",
    "a library's object": "logging.getLogger('some.library').error(Shy())",
    "uvicorn's trace": "logging.getLogger('uvicorn.error').error('It broke\\n' + word)",
}


def printed_by(script: str, form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", _BEFORE + script],
        env={"FREEQUOTE_LOG_FORMAT": form, "FREEQUOTE_LOG_LEVEL": "debug"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_a_word_that_was_sent_is_logged_from_nowhere(place: str) -> None:
    lines = printed_by(PLACES[place], "json").splitlines()
    assert lines, "nothing was logged at all"
    assert CANARY not in "".join(lines)
    assert all({"event", "level", "timestamp"} <= set(json.loads(line)) for line in lines)


def test_text_for_terminals_keeps_quiet_as_well() -> None:
    printed = printed_by(PLACES["a fault behind a fault"], "text")
    assert CANARY not in printed
    assert "KeyError < ValueError" in printed


def test_a_line_that_cannot_be_formatted_is_dropped_whole() -> None:
    assert printed_by("logging.getLogger('some.library').error('one %d', word)", "json") == ""


def test_a_fault_is_logged_with_its_kind_and_where_it_came_from() -> None:
    (line,) = printed_by(PLACES["our own fault"], "json").splitlines()
    document = json.loads(line)
    assert (document["event"], document["error"]) == ("fault", "ValueError")
    assert [re.sub(r":\d+", "", place) for place in document["where"]] == ["<string> <module>", "<string> fail"]


def test_a_librarys_line_keeps_what_its_author_wrote() -> None:
    (line,) = printed_by(PLACES["a library's values"], "json").splitlines()
    document = json.loads(line)
    assert (document["event"], document["logger"]) == ("Can not load cookies", "aiohttp.client")
