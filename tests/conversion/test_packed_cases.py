"""A plan holds its cases packed, as workers are given them: none is lost or changed, and a million take little memory."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from hf_medseg.case import Case, Cases
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours, UpperHalf, Values
from hf_medseg.masks.palette import MaskColours, MaskValues
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import InFolder

PLACE = InFolder("/raw")


def _file(path: str, *, twins: tuple[RawFile, ...] = ()) -> RawFile:
    return RawFile(path, 70, PLACE, 3, "part", twins, f"alias of {path}", 5)


def _case(number: int) -> Case:
    picture, mask = _file(f"a/images/{number}.png"), _file(f"a/masks/{number}.png", twins=(_file(f"b/masks/{number}.png"),))
    values = Values(MaskValues(mask, twin=picture), {0: 0, 255: 1}, "advice")
    return Case(f"c{number}", {"image": Picture(picture, "RGB", size=(3, 4)), "mask": values}, {"age": number}, "test", "p1", None, "film")


def _told(case: Case) -> tuple[object, ...]:
    return repr(case), [(file.listed, file.start, file.stamp, file.alias, file.place) for file in case.files()]


def test_cases_come_back_as_they_were_in_their_order_each_time() -> None:
    made = [_case(number) for number in range(2001)]
    packed = Cases(made)
    assert len(packed) == 2001
    for _ in range(2):
        assert list(map(_told, packed)) == list(map(_told, made))
    assert list(map(_told, pickle.loads(pickle.dumps(packed)))) == list(map(_told, made)), "as a worker gets them"
    assert sum(map(len, packed.packed)) < 100 * len(made), "as objects they take more than ten times as much"
    assert list(Cases([])) == []


def test_one_file_of_several_columns_stays_one() -> None:
    (case,) = Cases([_case(1)])
    mask = case.pixels["mask"]
    assert isinstance(mask, Values) and isinstance(mask.pixels, MaskValues)
    assert mask.pixels.twin is case.files()[0]


@dataclass(frozen=True)
class _Marked(UpperHalf):
    mark: str = ""


def test_parts_of_other_kinds_come_back_as_those_kinds() -> None:
    pixels = MaskColours(_file("m.png"))
    for part in (Colours(pixels, {(0, 0, 0): 0}), UpperHalf(pixels), _Marked(pixels, "x")):
        again = pickle.loads(pickle.dumps(part))
        assert type(again) is type(part) and repr(again) == repr(part)
