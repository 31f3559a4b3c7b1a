"""OASIS-1: `disc<N>/<session>/` with big-endian Analyze pairs and tissue maps; OASIS-2: NIfTI pairs without masks.

Neither says in its headers which way is up, so rows keep the stored order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, as_zip, disc, encode, grey, litter, natural, rng, write
from tests.support.nifti import SECRETS, Scan, afni, axial, stored, write_analyze, write_xlsx

VARIANTS: dict[str, str] = {
    "clean": "OASIS-1: two discs, n3 and n4 names, a rescan, 8- and 16-bit tissue maps, previews, the CSV sheet",
    "xlsx": "OASIS-1 with the sheet as published, a workbook",
    "discs_packed": "OASIS-1 as downloaded: a .tar.gz per disc and the sheet",
    "no_discs": "OASIS-1: all sessions in one folder, with litter",
    "zipped": "OASIS-1 in one zip below a top folder",
    "no_sheet": "OASIS-1 without a sheet",
    "sheet_dialect": "OASIS-1, the sheet re-saved with semicolons, BOM and CRLF",
    "little_endian": "OASIS-1, one image re-saved little-endian",
    "oasis_2": "OASIS-2: sessions with several scans, the sheet as a workbook",
    "oasis_2_packed": "OASIS-2 as downloaded: two .tar.gz, the sheet as CSV",
    "fseg_missing": "OASIS-1: a session without tissue map",
    "fseg_value": "OASIS-1: a tissue map holds 4",
    "fseg_size": "OASIS-1: a tissue map has a row less than its image",
    "img_cut": "OASIS-1: an .img cut short",
    "hdr_missing": "OASIS-1: an .img without its .hdr",
    "zero_byte": "OASIS-1: an empty .img",
    "missing_column": "OASIS-1: the sheet lacks the column ID",
    "repeated_key": "OASIS-1: the sheet has one session twice with different ages",
    "both": "OASIS-1 and OASIS-2 beside each other",
    "jpeg_slices": "the derived JPEG slices in four folders of classes",
}

HEAD = ["ID", "M/F", "Hand", "Age", "Educ", "SES", "MMSE", "CDR", "eTIV", "nWBV", "ASF", "Delay"]
SHEET: list[list[Any]] = [
    ["OAS1_0001_MR1", "F", "R", 74, 2, 3, 29, 0, 1344, 0.743, 1.306, "N/A"],
    ["OAS1_0061_MR1", "F", "R", 20, None, None, None, None, 1538, 0.873, 1.141, "N/A"],
    ["OAS1_0061_MR2", "F", "R", 20, None, None, None, None, 1542, 0.868, 1.139, 11],
    ["OAS1_0457_MR1", "M", "R", 74, 1, 2, 20, 0.5, 1701, 0.711, 1.032, "N/A"],
]
LONG_HEAD = ["Subject ID", "MRI ID", "Group", "Visit", "MR Delay", "M/F", "Hand", "Age", "EDUC", "SES", "MMSE", "CDR"]
LONG_HEAD += ["eTIV", "nWBV", "ASF"]
LONG: list[list[Any]] = [
    ["OAS2_0001", "OAS2_0001_MR1", "Nondemented", 1, 0, "M", "R", 87, 14, 2, 27, 0, 1987, 0.696, 0.883],
    ["OAS2_0001", "OAS2_0001_MR2", "Nondemented", 2, 457, "M", "R", 88, 14, 2, 30, 0, 2004, 0.681, 0.876],
    ["OAS2_0018", "OAS2_0018_MR1", "Converted", 1, 0, "F", "R", 87, 14, 1, 30, 0, 1406, 0.715, 1.248],
    ["OAS2_0186", "OAS2_0186_MR3", "Demented", 3, 763, "F", "R", 65, 13, None, 26, 0.5, 1333, 0.801, 1.317],
]
ORIGINAL = (18, 22, 5)  # across, to the front, upwards


@dataclass
class Session:
    """One session of OASIS-1."""

    name: str
    disc: str
    scans: int
    mask_kind: Any = np.uint8
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The image below the session's folder, without suffix."""
        return f"{self.name}/PROCESSED/MPRAGE/T88_111/{self.name}_mpr_n{self.scans}_anon_111_t88_masked_gfc"

    @property
    def mask(self) -> str:
        """The tissue map below the session's folder, without suffix."""
        return f"{self.name}/FSL_SEG/{self.name}_mpr_n{self.scans}_anon_111_t88_masked_gfc_fseg"

    def truth(self) -> Array:
        """The tissue map, slices first: 1 fluid, 2 grey matter, 3 white matter."""
        x, y, z = ORIGINAL
        shift = sum(self.name.encode()) % 3
        truth = np.zeros((z, y, x), dtype=np.uint8)
        for index in range(1, z):
            truth[index][disc(y, x, 9 + shift, 8, 7)] = 2
            truth[index][disc(y, x, 8, 7 + shift, 4)] = 3
            truth[index][10 + index : 13 + index, 3:9] = 1
        return truth

    def voxels(self) -> Array:
        """The skull-stripped image, slices first."""
        noise = rng(f"oasis {self.name}").integers(1, 3200, (ORIGINAL[2], ORIGINAL[1], ORIGINAL[0]))
        return np.where(self.truth() > 0, noise, 0).astype(np.int16)

    def write(self, tree: Path, order: str = ">") -> tuple[list[Row], Row]:
        """Writes the session's folder; returns the rows of the slices and the row of the volume."""
        voxels, mask = self.voxels(), self.truth()
        write_analyze(tree / f"{self.image}.hdr", axial(voxels), order=order)
        write_analyze(tree / f"{self.mask}.hdr", axial(mask.astype(self.mask_kind)))
        volumes = [int((mask == value).sum()) for value in (1, 2, 3)]
        write(
            tree / f"{self.mask}.txt",
            "".join(f"{name}\t{count}.0\n" for name, count in zip(("CSF", "GM", "WM"), volumes, strict=True)),
        )
        self._rest(tree)
        pixels, intercept = stored(voxels)
        scan = Scan(pixels, 1.0, intercept)
        subject, _, visit = self.name.rpartition("_")
        columns = {"mask_origin": "automatic", "is_retest": visit == "MR2", **self.columns}
        # ASSUMED: paths begin with the session's folder, so trees with and without discs agree; pixels are in the .img.
        file = f"{self.image}.img"
        slices = scan.slices(self.name, mask, file, patient_id=subject, columns=columns)
        return slices, scan.volume(self.name, mask, file, patient_id=subject, columns=columns)

    def _rest(self, tree: Path) -> None:
        """The session's other files: raw scans, other spaces, previews, notes."""
        home, stem = tree / self.name, f"{self.name}_mpr_n{self.scans}_anon"
        small = grey(f"oasis raw {self.name}", 9, 10, 900, np.int16)[..., None].repeat(4, axis=2)
        for number in range(1, self.scans + 1):
            write_analyze(home / f"RAW/{self.name}_mpr-{number}_anon.hdr", small, (1.0, 1.0, 1.25))
            write(home / f"RAW/{self.name}_mpr-{number}_anon_sag_66.gif", encode(grey("gif", 9, 8), "GIF"))
        write_analyze(home / f"PROCESSED/MPRAGE/SUBJ_111/{stem}_sbj_111.hdr", small)
        write(home / f"PROCESSED/MPRAGE/SUBJ_111/{stem}_sbj_111_sag_91.gif", encode(grey("gif", 9, 8), "GIF"))
        whole = (self.voxels() + 17).astype(np.int16)
        write_analyze(home / f"PROCESSED/MPRAGE/T88_111/{stem}_111_t88_gfc.hdr", axial(whole))
        for view in ("cor_110", "sag_95", "tra_90"):
            write(home / f"PROCESSED/MPRAGE/T88_111/{stem}_111_t88_gfc_{view}.gif", encode(grey(view, 9, 8), "GIF"))
        write(
            home / f"PROCESSED/MPRAGE/T88_111/t4_files/{self.name}_mpr-1_anon_to_{self.name}_t4",
            "t4\n   1.0 0.0 0.0 0.0\n",
        )
        write(tree / f"{self.mask}_tra_90.gif", encode(grey("gif", 9, 8), "GIF"))
        write(home / f"{self.name}.txt", f"SESSION ID:           {self.name}\r\n\r\nSCANNER:  {SECRETS[3]}\r\n")
        write(
            home / f"{self.name}.xml",
            f'<?xml version="1.0" encoding="UTF-8"?>\n<xnat:MRSession label="{self.name}"/>\n',
        )


def _number(value: Any) -> float | None:
    """A number of the sheet as a 32-bit column holds it."""
    return float(np.float32(value)) if isinstance(value, (int, float)) else None


def _columns(line: list[Any]) -> dict[str, Any]:
    """Columns that come from a line of the sheet."""
    # ASSUMED: the sheet's own names in lower case, numbers as float32.
    names = ("educ", "ses", "mmse", "cdr", "etiv", "nwbv", "asf")
    found = {name: _number(value) for name, value in zip(names, line[4:11], strict=True)}
    return found | {"sex": "female" if line[1] == "F" else "male", "age": _number(line[3]), "delay": _number(line[11])}


def _sessions(variant: str) -> list[Session]:
    """The four sessions of OASIS-1."""
    made = [
        Session("OAS1_0001_MR1", "disc1", 4, np.uint8),
        Session("OAS1_0061_MR1", "disc2", 3, np.int16),
        Session("OAS1_0061_MR2", "disc2", 4, np.uint8),
        Session("OAS1_0457_MR1", "disc12", 4, np.int16),
    ]
    if variant != "no_sheet":
        for session, line in zip(made, SHEET, strict=True):
            session.columns = _columns(line)
    return made


def _cell(value: Any) -> str:
    """A value in a CSV file."""
    return "" if value is None else str(value)


def _sheet(tree: Path, variant: str) -> None:
    """The sheet of OASIS-1."""
    rows = [list(HEAD), *[list(line) for line in SHEET]]
    if variant == "repeated_key":
        rows.append(["OAS1_0001_MR1", "F", "R", 75, *SHEET[0][4:]])
    if variant == "missing_column":
        rows = [row[1:] for row in rows]
    if variant == "xlsx":
        write_xlsx(tree / "oasis_cross-sectional-5708aa0a98d82080.xlsx", rows)
        write_xlsx(tree / "oasis_cross-sectional-reliability-063c8642b909ee76.xlsx", [rows[0], rows[3]])
        return
    texts = [[_cell(value) for value in row] for row in rows]
    if variant == "sheet_dialect":
        write(
            tree / "oasis_cross-sectional.csv",
            b"\xef\xbb\xbf" + "".join(";".join(row) + "\r\n" for row in texts).encode(),
        )
        return
    write(tree / "oasis_cross-sectional.csv", "".join(",".join(row) + "\n" for row in texts))
    if variant not in ("repeated_key", "missing_column"):
        write(
            tree / "oasis_cross-sectional-reliability.csv",
            "".join(",".join(row) + "\n" for row in (texts[0], texts[3])),
        )


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    tree = folder / "raw"
    if variant.startswith("oasis_2"):
        return _longitudinal(folder, variant)
    if variant == "jpeg_slices":
        for name in ("Mild Dementia", "Moderate Dementia", "Non Demented", "Very mild Dementia"):
            content = encode(grey(f"oasis {name}", 31, 27), "JPEG", quality=90)
            write(tree / "Data" / name / "OAS1_0028_MR1_mpr-1_100.jpg", content)
        return Phantom(tree, [], refused=True)
    sessions = _sessions(variant)
    found = []
    for session in sessions:
        place = tree / session.disc if variant != "no_discs" else tree
        order = "<" if variant == "little_endian" and session.name == "OAS1_0457_MR1" else ">"
        found.append(session.write(place, order))
    if variant != "no_sheet":
        _sheet(tree, variant)
    if variant == "missing_column":
        return Phantom(tree, [], refused=True, secrets=list(SECRETS))
    if variant == "both":
        _longitudinal(folder, "oasis_2")
        return Phantom(tree, [], refused=True, secrets=list(SECRETS))
    bad = sessions[0]
    rejected = [bad.name] if variant == "repeated_key" else _damage(tree / bad.disc, bad, variant)
    if rejected:
        found = found[1:]
    rows = sorted((row for rows, _ in found for row in rows), key=lambda row: natural(row.image_id))
    volumes = sorted((row for _, row in found), key=lambda row: natural(row.image_id))
    # ASSUMED: the editions are called `1` and `2`, after the cards `oasis-1` and `oasis-2`.
    phantom = Phantom(tree, rows, {"volumes": volumes}, "1", rejected=rejected, secrets=list(SECRETS))
    phantom.not_used = [f"OAS1_0457_MR1_mpr-{number}_anon.img" for number in range(1, 5)]
    phantom.not_used += ["OAS1_0457_MR1_mpr_n4_anon_sbj_111.img", "OAS1_0457_MR1_mpr_n4_anon_111_t88_gfc.img"]
    if variant == "no_discs":
        litter(tree)
    elif variant == "zipped":
        phantom.raw = as_zip(tree, folder / "oasis1.zip", "OASIS-1/")
    elif variant == "discs_packed":
        phantom.raw = folder / "downloads"
        for name in ("disc1", "disc2", "disc12"):
            as_tar(tree / name, phantom.raw / f"oasis_cross-sectional_{name}.tar.gz", f"{name}/")
        write(phantom.raw / "oasis_cross-sectional.csv", (tree / "oasis_cross-sectional.csv").read_bytes())
    return phantom


def _damage(home: Path, session: Session, variant: str) -> list[str]:
    """Spoils the first session where the variant says so; returns what must be named as rejected."""
    image, mask = home / f"{session.image}.img", home / f"{session.mask}.img"
    truth = session.truth()
    if variant == "fseg_missing":
        mask.unlink()
        mask.with_suffix(".hdr").unlink()
    elif variant == "fseg_value":
        truth[2, 4:6, 5:11] = 4
        write_analyze(mask.with_suffix(".hdr"), axial(truth))
    elif variant == "fseg_size":
        write_analyze(mask.with_suffix(".hdr"), axial(truth[:, :-1]))
    elif variant == "img_cut":
        image.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
    elif variant == "hdr_missing":
        image.with_suffix(".hdr").unlink()
    elif variant == "zero_byte":
        image.write_bytes(b"")
    else:
        return []
    return [session.name]


def _longitudinal(folder: Path, variant: str) -> Phantom:
    """OASIS-2: native sagittal scans, one or more in each session."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    for index, line in enumerate(LONG):
        subject, session = line[0], line[1]
        part = "OAS2_RAW_PART1" if index < 3 else "OAS2_RAW_PART2"
        for number in range(1, 3 if index % 2 else 4):
            voxels = rng(f"oasis {session} {number}").integers(-3, 900, (4 + number, 22, 17)).astype(np.int16)
            pair = nib.Nifti1Pair(axial(voxels)[..., None], None)
            pair.header.set_zooms((1.0, 1.0, 1.25, 0.0))
            pair.header["descrip"] = f"{SECRETS[0]} {SECRETS[2]}".encode()
            pair.header["db_name"] = SECRETS[1].encode()
            pair.header.extensions.append(afni(SECRETS[3]))
            pair.set_sform(None, 0)
            pair.set_qform(None, 0)
            place = tree / part / session / "RAW" / f"mpr-{number}.nifti.hdr"
            place.parent.mkdir(parents=True, exist_ok=True)
            pair.to_filename(place)
            pixels, intercept = stored(voxels)
            scan = Scan(pixels, 1.0, intercept, (1.0, 1.0, 1.25))
            numbers = ("ses", "mmse", "cdr", "etiv", "nwbv", "asf")
            columns: dict[str, Any] = {name: _number(value) for name, value in zip(numbers, line[9:], strict=True)}
            columns |= {"label": line[2].lower(), "sex": "female" if line[5] == "F" else "male", "age": float(line[7])}
            columns |= {"visit": line[3], "plane": "sagittal"}
            # ASSUMED: every scan of a session is a volume of its own, named after session and scan.
            volume, file = f"{session}_mpr-{number}", f"{session}/RAW/mpr-{number}.nifti.img"
            rows += scan.slices(volume, None, file, patient_id=subject, columns=columns)
            volumes.append(scan.volume(volume, None, file, patient_id=subject, columns=columns))
    rows.sort(key=lambda row: natural(row.image_id))
    volumes.sort(key=lambda row: natural(row.image_id))
    phantom = Phantom(tree, rows, {"volumes": volumes}, "2", secrets=list(SECRETS))
    if variant == "oasis_2_packed":
        phantom.raw = folder / "downloads"
        for name in ("OAS2_RAW_PART1", "OAS2_RAW_PART2"):
            as_tar(tree / name, phantom.raw / f"{name}.tar.gz", f"{name}/")
        lines = [",".join(_cell(value) for value in line) + "\n" for line in (LONG_HEAD, *LONG)]
        write(phantom.raw / "oasis_longitudinal.csv", "".join(lines))
    else:
        write_xlsx(tree / "oasis_longitudinal_demographics-8d83e569fa2e2d30.xlsx", [LONG_HEAD, *LONG])
    return phantom
