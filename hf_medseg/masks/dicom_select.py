"""Which of several SEG and RTSTRUCT of one image become masks, where the user says it: without automatic ones, copies, older versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from hf_medseg.formats.dicom_header import CONTOURS, Header
from hf_medseg.formats.dicom_series import Instance

ALGORITHMS = {"manual": "manual", "semiautomatic": "corrected", "automatic": "automatic", "unstated": None}
"""What a SEG says of how a segment was made (SegmentAlgorithmType), and what `Structure.origin` calls it."""
KINDS = ("SEG", "RTSTRUCT")


@dataclass(frozen=True)
class Select:
    """What an object must be to be used; what is empty does not matter.

    Attributes:
        analysis_result: its analysis result in the archive's table; `""` for masks of the collection itself.
        description: patterns of its SeriesDescription, `*` for any letters; upper and lower case are alike.
        algorithm: keys of `ALGORITHMS`, for each of its structures.
        kind: `SEG` or `RTSTRUCT`.
        newest: of several on one image only the one that was made last.
    """

    analysis_result: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    algorithm: tuple[str, ...] = ()
    kind: str = ""
    newest: bool = False

    def of_header(self, header: Header) -> Header | None:
        """The header of an object with the structures that are taken, None where the object is not."""
        described = header.description.casefold()
        if self.description and not any(fnmatchcase(described, pattern.casefold()) for pattern in self.description):
            return None
        if self.kind and (header.sop_class in CONTOURS) != (self.kind == "RTSTRUCT"):
            return None
        if not self.algorithm:
            return header
        origins = {ALGORITHMS[one] for one in self.algorithm}
        structures = tuple(one for one in header.structures if one.origin in origins)
        return replace(header, structures=structures) if structures else None

    def takes(self, header: Header, results: Mapping[str, str]) -> bool:
        """Whether an object is of an analysis result that is asked for, if any is; see `of`."""
        return not self.analysis_result or results.get(header.series_uid) in self.analysis_result

    def of(self, drawn: Instance, results: Mapping[str, str]) -> Instance | None:
        """An object with the structures that are taken, None where it is not.

        Args:
            drawn: the object.
            results: its analysis result, by SeriesInstanceUID, as the archive's table has it.
        """
        header = self.of_header(drawn.header) if self.takes(drawn.header, results) else None
        return None if header is None else replace(drawn, header=header)

    def latest(self, drawn: list[Instance]) -> tuple[list[Instance], list[Instance]]:
        """(those of one image that are taken, older ones); all are taken where one does not say when it was made."""
        if not self.newest or not all(one.header.made for one in drawn):
            return drawn, []
        last = max((one.header.made for one in drawn), default="")
        return [one for one in drawn if one.header.made == last], [one for one in drawn if one.header.made != last]
