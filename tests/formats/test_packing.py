"""Packed samples come out as zlib gives them, whichever library unpacks them."""

from __future__ import annotations

import bz2
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.packing import start, unpacked

SAMPLES = bytes(range(256)) * 40


@given(st.binary(max_size=300), st.sampled_from([0, 1, 6, 9]))
def test_one_stream(samples: bytes, level: int) -> None:
    assert unpacked(gzip.compress(samples, level), len(samples), "a.nii.gz") == samples


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(SAMPLES[:5000]) + gzip.compress(SAMPLES[5000:]),
        gzip.compress(SAMPLES[:5120]) + gzip.compress(SAMPLES[5120:]),
        gzip.compress(SAMPLES) + bytes(4),
        gzip.compress(SAMPLES) + b"a note after the end",
        gzip.compress(SAMPLES, 0),
    ],
    ids=["two streams", "two streams of one size", "zeros after the end", "words after the end", "stored"],
)
def test_what_stands_in_a_file_beside_one_stream(packed: bytes) -> None:
    assert unpacked(packed, len(SAMPLES), "a.nii.gz") == SAMPLES


def test_a_header_that_the_first_of_several_streams_does_not_hold() -> None:
    """The file was no volume: only its first stream was looked at."""
    packed = b"".join(gzip.compress(bytes([k]) * 200) for k in range(4))
    assert start(packed, 540) == b"\0" * 200 + b"\1" * 200 + b"\2" * 140


def test_samples_that_look_like_the_beginning_of_a_stream() -> None:
    samples = b"\x1f\x8b\x08" * 300
    assert unpacked(gzip.compress(samples, 0), len(samples), "a.nii.gz") == samples


def test_the_beginning_of_a_stream_by_chance_costs_no_second_copy() -> None:
    """Packed bytes hold it about once in 16 MB: such files were unpacked by zlib, which takes twice the time and memory."""
    samples = b"a" + b"\x1f\x8b\x08" * 300
    assert isinstance(unpacked(gzip.compress(samples, 0), len(samples), "a.nii.gz"), bytearray), "zlib gives bytes"


def test_the_other_ways_to_pack() -> None:
    assert unpacked(zlib.compress(SAMPLES), len(SAMPLES), "a.mha", "gzip") == SAMPLES
    assert unpacked(bz2.compress(SAMPLES), len(SAMPLES), "a.nrrd", "bzip2") == SAMPLES
    assert unpacked(SAMPLES, len(SAMPLES), "a.nii") == SAMPLES


@pytest.mark.parametrize("cut", [1, 4, 8, 12, 100])
def test_a_file_that_breaks_off(cut: int) -> None:
    with pytest.raises(Rejected, match=r"breaks off|damaged or cut"):
        unpacked(gzip.compress(SAMPLES)[:-cut], len(SAMPLES), "a.nii.gz")


@pytest.mark.parametrize("place", [-1, -6, -20])
def test_a_file_whose_sum_or_size_is_another(place: int) -> None:
    packed = bytearray(gzip.compress(SAMPLES))
    packed[place] ^= 1
    with pytest.raises(Rejected, match=r"breaks off|damaged or cut"):
        unpacked(bytes(packed), len(SAMPLES), "a.nii.gz")


@pytest.mark.parametrize("streams", [1, 2])
def test_a_file_that_holds_far_more_than_it_says_is_never_unpacked_whole(streams: int) -> None:
    with pytest.raises(Rejected, match="more than the 100 bytes"):
        unpacked(gzip.compress(bytes(3 << 20)) * streams, 100, "a.nii.gz")
