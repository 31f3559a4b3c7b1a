"""VISCERAL Anatomy: one NIfTI volume and one binary NIfTI mask for every structure, all told by their file names.

`Anatomy3-trainingset/Volumes/<volume>.nii.gz` and `.../Segmentations/<volume>_<RadLex id>_<annotator>.nii.gz`.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from tests.support.dicom import ordered
from tests.support.kit import Array, Phantom, Row, rng, write
from tests.support.nifti import afni

NIB: Any = nibabel  # the library's functions carry no types

VARIANTS: dict[str, str] = {
    "clean": "CTce_ThAb, CT_wb, a coronal MRT1_wb and an MRT1cefs_Ab with a short id and no mask; landmarks; overlap",
    "by-group": "volumes/CTce_ThAb and segmentations/CTce_ThAb",
    "flat": "everything in one folder, unpacked .nii",
    "silver": "silver masks named by structure and fusion method beside gold ones",
    "two-annotators": "one structure drawn by annotators 4 and 6: the lower id is used",
    "mask-without-volume": "masks of 10000129_1_CTce_ThAb without the volume",
    "stray-structure": "a mask with the unknown structure 2 by annotator 0",
    "label-map": "a derived mask with several values",
    "shape-mismatch": "a mask with one slice less than its volume",
    "affine-mismatch": "a mask shifted by 2 mm against its volume",
    "singular-affine": "a volume whose affine has a zero column",
    "nan": "a floating-point volume that holds NaN",
    "truncated": "a volume whose gzip stream breaks off",
}

SECRETS = ["Quittenbaum", "Wiesengrund 12", "19310417", "quittenbaum_export.nii", "KLINIK-WEISS"]

STRUCTURES: dict[int, tuple[int, str]] = {
    58: (1, "liver"),
    86: (2, "spleen"),
    170: (3, "pancreas"),
    187: (4, "gallbladder"),
    237: (5, "urinary_bladder"),
    480: (6, "aorta"),
    1247: (7, "trachea"),
    1302: (8, "right_lung"),
    1326: (9, "left_lung"),
    2473: (10, "sternum"),
    7578: (11, "thyroid_gland"),
    29193: (12, "first_lumbar_vertebra"),
    29662: (13, "right_kidney"),
    29663: (14, "left_kidney"),
    30324: (15, "right_adrenal_gland"),
    30325: (16, "left_adrenal_gland"),
    32248: (17, "right_psoas_major"),
    32249: (18, "left_psoas_major"),
    40357: (19, "right_rectus_abdominis"),
    40358: (20, "left_rectus_abdominis"),
}


@dataclass
class Scan:
    """One volume, in LPS order (x, y, z), and how its file stores it.

    `flips` are the LPS axes that the file stores the other way round; `order` is the axis order in the file.
    """

    stem: str
    voxels: Array
    spacing: tuple[float, float, float]
    flips: tuple[int, ...] = ()
    order: tuple[int, int, int] = (0, 1, 2)
    masks: dict[str, Array] = field(default_factory=dict)  # "<RadLex id>_<annotator>" -> bool, LPS order

    @property
    def affine(self) -> Array:
        """Voxel of the file -> RAS millimetres."""
        lps = np.diag([*self.spacing, 1.0])
        lps[:3, 3] = (-20.5, -31.25, -400.0)
        for axis in self.flips:
            lps[:3, 3] += lps[:3, axis] * (self.voxels.shape[axis] - 1)
            lps[:3, axis] *= -1
        lps = lps[:, [*self.order, 3]]
        return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps)

    def as_stored(self, array: Array) -> Array:
        """An LPS array in the file's order."""
        return np.ascontiguousarray(np.transpose(np.flip(array, self.flips), self.order))


def _noise(seed: str, shape: tuple[int, int, int], low: int, high: int, dtype: Any = np.int16) -> Array:
    return rng(seed).integers(low, high, shape).astype(dtype)


def _block(scan: Scan, x: slice, y: slice, z: slice) -> Array:
    mask = np.zeros(scan.voxels.shape, bool)
    mask[x, y, z] = True
    mask[x.start, y.start, z] = False  # not symmetrical
    return mask


def _scans() -> list[Scan]:
    one = Scan("10000100_1_CTce_ThAb", _noise("v1", (30, 24, 7), -1024, 1600), (0.8, 0.8, 3.0), flips=(0, 1))
    one.masks["58_6"] = _block(one, slice(3, 17), slice(4, 15), slice(1, 6))
    one.masks["187_4"] = _block(one, slice(12, 20), slice(9, 18), slice(2, 4))  # overlaps the liver
    one.masks["40358_8"] = _block(one, slice(21, 25), slice(1, 5), slice(0, 7))
    one.masks["29662_5"] = _block(one, slice(22, 28), slice(15, 22), slice(3, 6))
    two = Scan("10000005_1_CT_wb", _noise("v2", (26, 22, 8), -1000, 2000), (1.0, 1.0, 2.0), flips=(2,))
    two.masks["1302_7"] = _block(two, slice(2, 11), slice(3, 16), slice(4, 8))
    two.masks["1326_7"] = _block(two, slice(13, 24), slice(5, 17), slice(4, 8))
    three = Scan(
        "10000001_3_MRT1_wb",
        _noise("v3", (28, 6, 32), 0, 900, np.uint16),
        (1.25, 6.0, 1.25),
        flips=(0, 2),
        order=(0, 2, 1),  # coronal: columns, rows, slices
    )
    three.masks["86_9"] = _block(three, slice(15, 24), slice(1, 4), slice(8, 19))
    four = Scan("10001_2_MRT1cefs_Ab", _noise("v4", (20, 23, 5), -40, 700), (1.5, 1.5, 4.0))
    return [one, two, three, four]


def _save(path: Path, array: Array, affine: Array, nudge: float = 0.0, plant: bool = True) -> Path:
    """Writes a NIfTI; the qform may differ from the sform by a hair. Headers and the gzip name hold identities."""
    picture = NIB.Nifti1Image(array, affine)
    turned = affine.copy()
    turned[0, 3] += nudge
    picture.set_sform(affine, code=1)
    picture.set_qform(turned, code=1)
    picture.header.set_xyzt_units("mm", "sec")
    if plant:
        picture.header["descrip"] = b"Quittenbaum, Wiesengrund 12"
        picture.header["aux_file"] = b"KLINIK-WEISS"
        picture.header["intent_name"] = b"19310417"
        picture.header["db_name"] = b"Quittenbaum"
    picture.header.extensions.append(afni("Quittenbaum, born 19310417" if plant else ""))
    content = picture.to_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        with (
            path.open("wb") as target,
            gzip.GzipFile("quittenbaum_export.nii", "wb", mtime=0, fileobj=target) as packed,
        ):
            packed.write(content)
    else:
        path.write_bytes(content)
    return path


def _cut(scan: Scan) -> int:
    """The axis along which slices are cut: the coarsest if at least 1.5 times the finest, else axial."""
    return int(np.argmax(scan.spacing)) if max(scan.spacing) >= 1.5 * min(scan.spacing) else 2


def _stack(scan: Scan, array: Array) -> Array:
    """(slices, height, width) of an LPS array.

    ASSUMED: coronal slices keep the LPS index directions too, so rows ascend to superior and `orientation` is LSP.
    """
    axes = {2: (2, 1, 0), 1: (1, 2, 0), 0: (0, 2, 1)}[_cut(scan)]
    return np.transpose(array, axes)


def _rows(scan: Scan, source_file: str, origin: str = "manual", extra: dict[str, Any] | None = None) -> tuple[list[Row], Row]:
    """The rows of both configs.

    ASSUMED: `masks` holds every annotated structure in class order, in slices that it does not touch as well.
    """
    cut = _cut(scan)
    image = _stack(scan, scan.voxels)
    shift = 0
    if image.dtype == np.int16:
        image, shift = (image.astype(np.int32) + 32768).astype(np.uint16), -32768
    found = [(STRUCTURES[int(key.split("_")[0])], _stack(scan, mask)) for key, mask in scan.masks.items()]
    found.sort(key=lambda entry: entry[0][0])
    painted = None
    if found:
        painted = np.zeros(image.shape, np.uint8)
        for (label, _), mask in found:
            painted[mask] = label
    names = [name for (_, name), _ in found]
    letters, plane = {2: ("LPS", "axial"), 1: ("LSP", "coronal"), 0: ("PSL", "sagittal")}[cut]
    depth, down, across = {2: (2, 1, 0), 1: (1, 2, 0), 0: (0, 2, 1)}[cut]
    patient, _, token, region = scan.stem.split("_")
    common: dict[str, Any] = {
        "volume_id": scan.stem,
        "num_slices": image.shape[0],
        "orientation": letters,
        "rescale_slope": 1.0,
        "rescale_intercept": float(shift),
        "modality": "CT" if token.startswith("CT") else "MR",
        "body_region": region,
        "annotated_classes": names,
        **(extra or {}),
    }
    if found:
        common["mask_origin"] = origin
    slices = []
    for index in range(image.shape[0]):
        values = {
            **common,
            "slice_index": index,
            "pixel_spacing": [scan.spacing[down], scan.spacing[across]],
            "slice_spacing": scan.spacing[depth],
            "plane": plane,
        }
        if found:
            inside = [mask[index] for _, mask in found]
            values |= {
                "mask_names": names,
                "masks": [mask.astype(np.uint8) for mask in inside],
                "mask_overlap": bool((np.sum(inside, axis=0) > 1).any()),
            }
        slices.append(
            Row(
                f"{scan.stem}_{index:04d}",
                image[index],
                None if painted is None else painted[index],
                source_file,
                patient_id=patient,
                columns=values,
            )
        )
    return slices, Row(scan.stem, image, painted, source_file, patient_id=patient, columns=common)


_FCSV = """# Markups fiducial file version = 4.4
# CoordinateSystem = 0
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
vtkMRMLMarkupsFiducialNode_0,-12.5,40.25,-380.0,0,0,0,1,1,1,0,clavicle_left,,
"""


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns what must come out of it."""
    if variant not in VARIANTS:
        raise ValueError(variant)
    scans = _scans()
    promise = Phantom(folder, [], secrets=SECRETS)
    ending = ".nii" if variant == "flat" else ".nii.gz"
    stored: list[Row] = []
    for scan in scans:
        group = "_".join(scan.stem.split("_")[2:])
        homes = {
            "by-group": (f"volumes/{group}", f"segmentations/{group}"),
            "flat": ("", ""),
        }.get(variant, ("Anatomy3-trainingset/Volumes", "Anatomy3-trainingset/Segmentations"))
        volumes, masks = folder / homes[0], folder / homes[1]
        name = scan.stem + ending
        voxels, affine = scan.as_stored(scan.voxels), scan.affine
        first, bad = scan is scans[0], False
        if first and variant == "singular-affine":
            bad, affine = True, affine @ np.diag([1.0, 1.0, 0.0, 1.0])
        if first and variant == "nan":
            bad, voxels = True, voxels.astype(np.float32)
            voxels[3, 4, 2] = np.nan
        if bad:
            broken = NIB.Nifti1Image(voxels, None)
            broken.header["srow_x"], broken.header["srow_y"], broken.header["srow_z"] = affine[:3]
            broken.header["sform_code"] = 1
            write(volumes / name, gzip.compress(broken.to_bytes(), mtime=0))
        else:
            _save(volumes / name, voxels, affine, nudge=0.0004 if scan is scans[1] else 0.0)
        if first and variant == "truncated":
            bad = True
            write(volumes / name, (volumes / name).read_bytes()[:-900])
        origin = "manual"
        values: dict[str, Any] = {"corpus": "gold"} if scan.masks else {}
        for number, (key, mask) in enumerate(scan.masks.items()):
            one = scan.as_stored(mask)
            value = (1, 255, 1, 7)[number]
            kind: Any = (np.uint8, np.uint8, np.int16, np.float32)[number]
            grid = scan.affine
            tail = key
            if variant == "silver" and scan is scans[0]:
                # ASSUMED: the structure is its RadLex id here too. One method for each structure.
                origin, values = "automatic", {"corpus": "silver"}
                tail = key.split("_")[0] + "_" + ("MV", "GWV", "SIMPLE", "SIMPLE")[number]
            array = one.astype(kind) * kind(value)
            if first and key == "58_6":
                if variant == "label-map":
                    bad = True
                    array[:, :10] *= 3
                if variant == "shape-mismatch":
                    bad, array = True, array[:, :, :-1]
                if variant == "affine-mismatch":
                    bad, grid = True, grid.copy()
                    grid[1, 3] += 2.0
            _save(masks / f"{scan.stem}_{tail}{ending}", array, grid)
        if bad:
            # ASSUMED: one bad mask rejects the whole volume, all its slices.
            at_fault = variant in ("label-map", "shape-mismatch", "affine-mismatch")
            promise.rejected.append(f"{scan.stem}_58_6{ending}" if at_fault else name)
            continue
        source = f"{homes[0]}/{name}".lstrip("/")
        slices, whole = _rows(scan, source, origin, values)
        promise.rows += slices
        stored.append(whole)

    segmentations = folder / "Anatomy3-trainingset" / "Segmentations"
    sample = scans[0]
    if variant == "clean":
        # ASSUMED: point lists have no column; they are listed.
        write(folder / "Anatomy3-trainingset" / "Landmarks" / f"{sample.stem}_landmarks_1.fcsv", _FCSV)
        write(folder / "Anatomy3-trainingset" / "Landmarks" / "10001_2_MRT1cefs_Ab_landmarks_1.fcsv", _FCSV)
        promise.not_used += [f"{sample.stem}_landmarks_1.fcsv", "10001_2_MRT1cefs_Ab_landmarks_1.fcsv"]
    if variant == "two-annotators":
        other = np.roll(sample.as_stored(sample.masks["187_4"]), 1, axis=0).astype(np.uint8)
        _save(segmentations / f"{sample.stem}_187_6.nii.gz", other, sample.affine)
        promise.not_used.append(f"{sample.stem}_187_6.nii.gz")
    if variant == "mask-without-volume":
        some = sample.as_stored(sample.masks["58_6"]).astype(np.uint8)
        for key in ("58_6", "86_4"):
            _save(segmentations / f"10000129_1_CTce_ThAb_{key}.nii.gz", some, sample.affine)
            promise.not_used.append(f"10000129_1_CTce_ThAb_{key}.nii.gz")
    if variant == "stray-structure":
        some = sample.as_stored(sample.masks["58_6"]).astype(np.uint8)
        _save(segmentations / f"{sample.stem}_2_0.nii.gz", some, sample.affine)
        promise.not_used.append(f"{sample.stem}_2_0.nii.gz")
    promise.rows = ordered(promise.rows)
    promise.configs = {"volumes": ordered(stored)}
    return promise
