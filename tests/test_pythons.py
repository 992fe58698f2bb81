"""The Pythons that voicestatus is made for are the same wherever they are named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    """A file of this checkout."""
    return (ROOT / name).read_text("utf-8")


def project() -> dict[str, Any]:
    """What is published about the package."""
    table: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return table


def workflow() -> dict[str, Any]:
    """The job of the hosted workflow."""
    job: dict[str, Any] = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["words"]
    return job


# Newest first, as `make setup` looks for them.
PYTHONS = re.findall(r"^PYTHONS := (.+)$", read("Makefile"), re.MULTILINE)[0].split()
OLDEST, NEWEST = PYTHONS[-1], PYTHONS[0]


def test_the_newest_python_comes_first() -> None:
    """`make setup` takes the first that is here."""
    assert PYTHONS == sorted(PYTHONS, key=lambda name: int(name.split(".")[1]), reverse=True)


def test_the_package_names_the_pythons() -> None:
    """Each in a classifier; a newer one is not refused."""
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project()["classifiers"]))

    assert PYTHONS == named[::-1]
    assert f">={OLDEST}" == project()["requires-python"]


def test_the_documents_name_the_pythons() -> None:
    """The oldest and the newest."""
    named = f"Python {OLDEST} to {NEWEST}"

    assert f"You need {named} " in read("README.md")
    assert f"newest Python from {OLDEST} to {NEWEST} " in read("CONTRIBUTING.md")
    assert f"{named} with venv" in read("Makefile")


def test_the_image_is_made_on_the_newest_python() -> None:
    """Of one release, so that two builds are alike."""
    base = re.findall(r"^ARG BASE=python:(3\.\d+)\.\d+-slim", read("Dockerfile"), re.MULTILINE)

    assert [NEWEST] == base


def test_the_workflow_says_the_words_of_our_own_run_on_each_python() -> None:
    """In the same order."""
    words = re.findall(r"make \w+", re.sub(r"(?m)^#.*$", "", read(".ci/run")))

    assert PYTHONS == workflow()["strategy"]["matrix"]["python"][::-1]
    assert words == [step["run"] for step in workflow()["steps"] if "run" in step]
