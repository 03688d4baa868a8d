"""`cesai fingerprint`: what is read here is what the registry keeps."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cesai_client import BadInput
from cesai_client.weights import architecture_of, parameters_of, read_directory
from projects.models import Project
from registry import fingerprints
from registry.fingerprints import read_tensors
from registry.models import Fingerprint, Version
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller

BYTES = {"F32": 4, "BF16": 2, "I8": 1}


def weights(tensors: dict[str, tuple[str, list[int], bytes]]) -> bytes:
    """A safetensors file: length, header, contents."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (dtype, shape, content) in tensors.items():
        offsets = [at, at + len(content)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        at += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    parts = [content for _, _, content in tensors.values()]
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


FIRST = weights({"b.weight": ("BF16", [2, 3], b"x" * 12), "a.bias": ("F32", [3], b"y" * 12)})
SECOND = weights({"c.weight": ("I8", [2, 2, 2], b"z" * 8)})


@pytest.fixture
def shards(cesai: Shell) -> Path:
    """Two files of one model."""
    cesai.write("w/model-00001-of-00002.safetensors", FIRST)
    cesai.write("w/model-00002-of-00002.safetensors", SECOND)
    cesai.write("w/README.md", "# no weights")
    return cesai.home / "w"


@pytest.fixture
def version(project: Project) -> Version:
    return make.make_version(make.make_model(project))


def test_without_a_portal_it_is_only_shown(cesai: Shell, shards: Path) -> None:
    cesai.environment.clear()
    shown = cesai("fingerprint", "w")

    assert (shown.code, shown.err) == (0, "")
    assert "parameters    17" in shown.out
    body = cesai("fingerprint", "w", "--json").json["body"]
    assert body["tensors"][0] == {"name": "b.weight", "dtype": "BF16", "shape": [2, 3]}


def test_what_is_sent_is_what_was_read(cesai: Shell, shards: Path, version: Version) -> None:
    local = cesai("fingerprint", "w", "--json").json
    done = cesai("fingerprint", "w", "--version", str(version.pk))
    assert done.code == 0, done.err
    kept = Fingerprint.objects.get()

    assert (kept.version, kept.tensors, kept.parameters) == (version, 3, 17)
    assert kept.architecture == local["architecture"]
    assert "Sent." in done.err


def test_contents_and_files_are_digested_if_wanted(
    cesai: Shell, shards: Path, version: Version
) -> None:
    done = cesai("fingerprint", "w", "--contents", "--shards", "--version", str(version.pk))
    assert done.code == 0, done.err
    kept = Fingerprint.objects.get()

    digest = hashlib.sha256(b"z" * 8).hexdigest()
    rows: list[Any] = [{"name": "c.weight", "dtype": "I8", "shape": [2, 2, 2], "sha256": digest}]
    assert fingerprints.contents_of(read_tensors(rows))[0] in kept.contents
    assert [shard["sha256"] for shard in kept.shards] == [
        hashlib.sha256(FIRST).hexdigest(),
        hashlib.sha256(SECOND).hexdigest(),
    ]
    assert kept.shards[1]["bytes"] == len(SECOND)


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
ROWS = st.dictionaries(
    NAMES,
    st.tuples(st.sampled_from(["BF16", "F32", "I8"]), st.lists(st.integers(0, 9), max_size=4)),
)


@given(ROWS)
def test_both_tell_architectures_apart_alike(rows: dict[str, tuple[str, list[int]]]) -> None:
    tensors: Any = [
        {"name": name, "dtype": dtype, "shape": shape} for name, (dtype, shape) in rows.items()
    ]
    ours = read_tensors(tensors)

    assert architecture_of(tensors) == fingerprints.architecture_of(ours)
    assert parameters_of(tensors) == fingerprints.parameters_of(ours)


def _header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "length of a header"),
        (b"\xff" * 8, "length of a header"),
        (_header("{x") , "no JSON"),
        (_header("[]"), "cut off"),
        ((100).to_bytes(8, "little") + b"{}", "cut off"),
        (_header('{"a": 1}'), "“a”"),
        (_header('{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}'), "“a”"),
        (_header('{"a": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}'), "“a”"),
        (_header('{"a": {"shape": [1], "data_offsets": [0, 4]}}'), "“a”"),
        (_header('{"a": {"dtype": "F32", "shape": [1]}}'), "“a”"),
    ],
)  # fmt: skip
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.safetensors is no whole") as refused:
        read_directory(tmp_path)
    assert said in str(refused.value)


def test_a_tensor_that_two_files_hold_is_refused(cesai: Shell, shards: Path) -> None:
    cesai.write("w/copy.safetensors", SECOND)
    done = cesai("fingerprint", "w")

    assert done.code == 2
    assert "both hold “c.weight”" in done.err


def test_contents_that_are_cut_off_are_refused(cesai: Shell, shards: Path) -> None:
    cesai.write("w/model-00002-of-00002.safetensors", SECOND[:-1])

    assert cesai("fingerprint", "w").code == 0  # the headers are whole
    assert cesai("fingerprint", "w", "--contents").code == 2


def test_a_directory_without_weights_is_refused(cesai: Shell) -> None:
    done = cesai("fingerprint", ".")

    assert done.code == 2
    assert "no safetensors files" in done.err
    assert cesai("fingerprint", "nowhere").code == 2


def test_a_stranger_sends_no_fingerprint(
    shell_of: As, stranger: Caller, shards: Path, version: Version
) -> None:
    assert shell_of(stranger)("fingerprint", "w", "--version", str(version.pk)).code == 3
    assert not Fingerprint.objects.exists()
