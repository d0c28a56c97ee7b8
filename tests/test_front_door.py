"""What stands at the front door: make's targets and the container's files."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
MAKE = shutil.which("make") or "make"


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MAKE, "--no-print-directory", *arguments], cwd=folder, check=False, capture_output=True, text=True
    )


def test_make_alone_says_what_there_is() -> None:
    listed = re.findall(r"^  make (\w+)", make().stdout, re.MULTILINE)
    assert {"help", "serve", "test", "check", "lock"} <= set(listed)


def test_without_a_fit_python_make_says_what_is_needed(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-build.lock"):
        shutil.copy(ROOT / name, tmp_path)
    answer = make("serve", "PYTHON=false", folder=tmp_path)
    assert answer.returncode != 0
    assert "needs Python 3.11 or newer" in answer.stderr


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_a_container_file_sets_only_settings_that_exist(name: str) -> None:
    named = re.findall(rf"{PREFIX}[A-Z_]+", (ROOT / name).read_text(encoding="utf-8"))
    assert named
    assert {setting.removesuffix("_FILE") for setting in named} <= SETTINGS


def test_everything_that_the_image_copies_is_let_through_to_the_builder() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    let_through = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {source for line in lines for source in line.split()}
    assert copied
    assert all((ROOT / source).exists() and f"!{source}" in let_through for source in copied)
