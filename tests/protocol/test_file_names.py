"""Names of files that are made from names from outside."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arkor_dash.protocol.file_names import file_name
from tests.servers.hostile import NAMES

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(NAMES)
ENDINGS = st.sampled_from(["", ".csv", ".events.jsonl", ".tar"])
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)),
}


@given(ANY_TEXT, ENDINGS)
@example("CON", ".csv")
@example("com\u00b9.x", "")
@example("x" * 158 + "." + "y" * 60, ".events.jsonl")
def test_a_file_name_is_valid_on_every_system_and_in_no_folder(name: str, ending: str):
    made = file_name(name, ending)
    assert made.endswith(ending)
    assert PurePosixPath(made).name == PureWindowsPath(made).name == made
    assert made.split(".")[0].lower() not in RESERVED
    assert len(made.encode()) <= 255
    assert made[0].isalnum()
    assert made[-1] not in "._- "
    assert all(character.isalnum() or character in "._-" for character in made)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in made)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("job_0001", "job_0001.csv"),
        ("../../etc/passwd", "etc_passwd.csv"),
        ("..\\..\\x", "x.csv"),
        ("=cmd|' /C calc'!A0", "cmd_C_calc_A0.csv"),
        ("", "job.csv"),
        ("\u202e", "job.csv"),
        ("日本", "日本.csv"),
        ("nul", "job_nul.csv"),
        ("a" * 300, "a" * 160 + ".csv"),
    ],
)
def test_a_file_is_named_after_its_job(name: str, made: str):
    assert file_name(name, ".csv") == made


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("model.safetensors", "model.safetensors"),
        ("модель (1).bin", "модель_1.bin"),
        ("w" * 500 + ".safetensors", "w" * 160 + ".safetensors"),
        (".hidden", "hidden"),
        ("cat\u202egnp.exe", "cat_gnp.exe"),
        ("***", "artifact"),
        ("CON.tar.gz", "artifact_CON.tar.gz"),
    ],
)
def test_the_file_of_an_artifact_keeps_its_letters_and_its_ending(name: str, made: str):
    assert file_name(name, otherwise="artifact") == made
