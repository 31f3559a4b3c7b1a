"""Cine series: slices and phases counted from headers, or not at all."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hf_medseg.formats.dicom_header import Header
from hf_medseg.formats.dicom_series import Instance
from hf_medseg.raw.files import RawFile
from hf_medseg.sources.scmr_consensus.cine import COLUMNS, cine
from tests.support.dicom import AXIAL, SAGITTAL

SLICES, PHASES = 3, 4


def frames(**changes: object) -> list[Instance]:
    """A cine whose files run from the uppermost slice down, phases in time."""
    found = []
    for number in range(SLICES * PHASES):
        place, phase = divmod(number, PHASES)
        header = Header(
            sop_uid=f"1.{number}",
            series_uid="1",
            instance_number=number + 1,
            position=(0.0, 0.0, 20.0 - 10 * place),
            orientation=AXIAL,
            trigger_time=30.0 * phase,
        )
        found.append(Instance(RawFile(f"{number}.dcm", 1, None), replace(header, **changes)))  # type: ignore[arg-type]
    random.Random(3).shuffle(found)
    return found


def test_slices_ascend_and_phases_follow_the_time() -> None:
    found = cine(frames())
    for number in range(SLICES * PHASES):
        place, phase = divmod(number, PHASES)
        frame = found[f"1.{number}"]
        assert frame.location == SLICES - 1 - place
        assert tuple(frame.columns[name] for name in COLUMNS) == (frame.location, SLICES, 10.0, phase, PHASES)


def test_without_times_the_instance_numbers_count() -> None:
    assert cine(frames(trigger_time=None))["1.6"].columns["phase_index"] == 2


def test_without_positions_the_slice_location_counts() -> None:
    some = [
        replace(one, header=replace(one.header, position=None, orientation=None, slice_location=one.header.position[2])) for one in frames()
    ]
    assert cine(some)["1.0"].columns["slice_index"] == 2


@pytest.mark.parametrize("left", [range(1, 11), (0, 1, 4, 5, 8, 9), (0,)])
def test_parts_of_a_cine_are_not_counted(left: list[int]) -> None:
    some = [one for one in frames() if int(one.header.sop_uid[2:]) in left]
    found = cine(some)
    assert {value for frame in found.values() for value in frame.columns.values()} == {None}
    assert len({frame.location for frame in found.values()}) == len({int(uid[2:]) // PHASES for uid in found})


def test_one_series_a_slice_is_a_cine_too() -> None:
    some = [
        replace(
            one,
            header=replace(
                one.header, series_uid=f"2.{int(one.header.sop_uid[2:]) // PHASES}", instance_number=int(one.header.sop_uid[2:]) % PHASES
            ),
        )
        for one in frames()
    ]
    assert cine(some)["1.11"].columns == dict(zip(COLUMNS, (0, SLICES, 10.0, 3, PHASES), strict=True))


def test_planes_that_differ_are_no_cine() -> None:
    some = frames()
    some[0] = replace(some[0], header=replace(some[0].header, orientation=SAGITTAL))
    found = cine(some)
    assert len({frame.location for frame in found.values()}) == SLICES * PHASES
    assert {value for frame in found.values() for value in frame.columns.values()} == {None}
    assert cine([]) == {}
