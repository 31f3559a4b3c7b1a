"""The user's own volumes: NIfTI, NRRD and MetaImage with masks, in the layouts that people have; SimpleITK writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as Itk

from tests.support.kit import Array, Phantom, Row, disc, natural, rng, write
from tests.support.nifti import Scan, stored

VARIANTS: dict[str, str] = {
    "clean": "images/ and labels/, classes and license from the about file",
    "no_about": "the same without an about file: values found by a survey, license unknown",
    "beside": "NRRD, masks beside images with _seg behind the name; one with samples in a file of its own",
    "patients": "MetaImage, a folder for each patient: ct.mha and seg.mha, some with samples in a file of their own",
    "prefixes": "words before the names: volume-1.nii, segmentation-1.nii",
    "case_folders": "a file for each structure, in a folder for each case below masks/",
    "damaged": "a mask that is no volume: its case is rejected, the values of the others are found",
    "splits": "imagesTr, labelsTr and imagesTs without dataset.json: the test set is not annotated",
    "structures": "a file for each structure in segmentations/, overlapping; one case lacks one",
    "structures_order": "the same, painted in the order of the about file",
    "nnunet": "nnU-Net 2: two channels a case, labels with an ignore value",
    "slicer": "3D Slicer: a .seg.nrrd beside the image, with other values in each file; one lacks a segment",
    "slicer_layers": "3D Slicer: segments that overlap, in layers",
    "mitk": "MITK: labels of one group by their names",
    "mitk_groups": "MITK: labels that overlap, in groups",
    "colours": "a colour table of 3D Slicer in CSV names the classes",
    "snap": "ITK-SNAP: a table of labels, of which the masks do not hold all",
    "freesurfer": "FreeSurfer: .mgz by patterns",
    "datalist": "a JSON file that lists images and labels, with folds and a test set",
    "regions": "nnU-Net 2: labels by regions",
    "nnunet1": "nnU-Net 1: modality and labels by value, a test set",
    "decathlon": "dataset.json, both channels in one file",
    "bids": "subjects with derivatives and a table of labels",
    "bids_two": "two images a subject: refused, asking for the suffix",
    "bids_suffix": "the same with the suffix in the about file",
    "patterns": "a layout of their own, with patterns in the about file",
    "film": "frames in one file: a case each",
    "flat": "pictures of two dimensions",
    "moved": "a mask 2 mm beside its image",
    "smaller": "a mask with a slice less",
    "missing_mask": "an image without a mask",
    "missing_mask_null": "the same, and the about file says that nobody annotated it",
    "orphan": "a mask without an image",
    "undeclared": "a mask value that the about file does not name",
    "fractions": "masks of probabilities: refused with the line that mends it",
    "threshold": "the same with that line",
    "missing_samples": "a header whose samples are not there",
    "channel_missing": "nnU-Net: a case without its second channel",
    "known_source": "the tree of a source of the catalog: refused, naming it",
}

SHAPE, SPACING, ORIGIN = (4, 12, 10), (1.0, 1.5, 3.0), (-9.0, 11.0, -4.0)
LICENSE = 'title = "Organs"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
CLASSES = 'classes = { 1 = "organ", 2 = "tumour" }\n'


@dataclass
class Made:
    """What is written of a tree, and the rows that come of it."""

    tree: Path
    rows: list[Row] = field(default_factory=list)
    volumes: list[Row] = field(default_factory=list)

    def image(self, path: str, **how: Any) -> tuple[Array, float]:
        """Writes an image; returns what is stored of it."""
        voxels = rng(path).integers(-1000, 2000, how.get("shape", SHAPE)).astype(np.int16)
        save(self.tree / path, voxels)
        return stored(voxels)

    def mask(
        self, path: str, values: tuple[int, ...] = (0, 1, 2), *, origin: Any = ORIGIN, kind: Any = np.uint8, shape: Any = SHAPE
    ) -> Array:
        """Writes a label map with values in the places of 0, 1 and 2; returns the label map."""
        mask = labels(shape)
        save(self.tree / path, np.array(values)[mask].astype(kind), origin)
        return mask

    def case(self, name: str, image: tuple[Array, float], mask: Array | None, path: str, **promise: Any) -> None:
        """The rows of a case; `further` are its other channels."""
        columns: dict[str, Any] = dict(promise.pop("columns", {}))
        further: dict[str, tuple[Array, float]] = promise.pop("further", {})
        columns |= {f"rescale_intercept_{word}": one[1] for word, one in further.items()}
        whole = dict(columns)
        masks = promise.pop("masks", None)
        scan = Scan(image[0], 1.0, image[1], SPACING, ORIGIN, {f"image_{word}": one[0] for word, one in further.items()})
        rows = scan.slices(name, mask, path, columns=columns, **promise)
        for k, row in enumerate(rows):
            if masks is not None:
                row.columns |= {
                    "masks": [one[k] for one in masks],
                    "mask_overlap": bool((sum((one[k] > 0).astype(int) for one in masks) > 1).any()),
                }
        if masks is not None:
            whole |= {"masks": list(masks), "mask_overlap": bool((sum((one > 0).astype(int) for one in masks) > 1).any())}
        self.rows += rows
        self.volumes.append(scan.volume(name, mask, path, columns=whole, **promise))


def save(path: Path, array: Array, origin: Any = ORIGIN) -> None:
    """Writes slices in the format of the name; packed where the format can."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(array)
    image.SetSpacing(SPACING[: array.ndim])
    image.SetOrigin(origin[: array.ndim])
    Itk.WriteImage(image, str(path), True)


def labels(shape: Any = SHAPE) -> Array:
    """A label map off the middle, the first slice empty."""
    mask = np.zeros(shape, np.uint8)
    mask[1:, disc(*shape[1:], 5, 4, 3.5)] = 1
    mask[2:, disc(*shape[1:], 5, 3, 1.5)] = 2
    return mask


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out."""
    made = Made(folder / "raw")
    promise = Phantom(made.tree, made.rows, {"volumes": made.volumes})
    about = LAYOUTS[variant](made, promise, variant)
    if about:
        promise.about = write(folder / "about.toml", about)
    made.rows.sort(key=lambda row: natural(row.image_id))
    if promise.refused:
        promise.rows, promise.configs = [], {}
    return promise


def _folders(made: Made, promise: Phantom, variant: str) -> str:
    values = (0, 3, 9) if variant == "no_about" else (0, 1, 2)
    for name in ("a", "b"):
        image = made.image(f"images/{name}.nii.gz")
        damaged = name == "a" and variant in ("moved", "smaller", "undeclared", "missing_mask", "missing_mask_null", "orphan")
        mask: Array | None = None
        if not (damaged and variant.startswith("missing_mask")):
            where = (ORIGIN[0] + 2, *ORIGIN[1:]) if damaged and variant == "moved" else ORIGIN
            shape = (3, 12, 10) if damaged and variant == "smaller" else SHAPE
            wrong = (0, 1, 7) if damaged and variant == "undeclared" else values
            kind: Any = np.float32 if name == "b" else np.uint8
            if variant in ("fractions", "threshold"):
                soft = rng(name).random(SHAPE).astype(np.float32)
                save(made.tree / f"labels/{name}.nii.gz", soft)
                mask = (soft > 0.25).astype(np.uint8)
            else:
                mask = made.mask(f"labels/{name}.nii.gz", wrong, origin=where, shape=shape, kind=kind)
        if damaged and variant == "orphan":
            (made.tree / "images/a.nii.gz").unlink()
        if damaged and variant != "missing_mask_null":
            promise.rejected.append("a.nii.gz")
        else:
            made.case(name, image, mask, f"images/{name}.nii.gz")
    promise.refused = variant == "fractions"
    if variant in ("no_about", "fractions"):
        return ""
    if variant == "threshold":
        return "threshold = 0.25\n"
    return LICENSE + CLASSES + ('missing_masks = "null"\n' if variant == "missing_mask_null" else "")


def _beside(made: Made, promise: Phantom, variant: str) -> str:
    for name, ending in (("scan1", "nrrd"), ("scan2", "nhdr")):
        image = made.image(f"{name}.{ending}")
        mask = made.mask(f"{name}_seg.{ending}")
        made.case(name, image, mask, f"{name}.{ending}")
    return CLASSES


def _patients(made: Made, promise: Phantom, variant: str) -> str:
    for name, ending in (("p1", "mha"), ("p2", "mhd")):
        image = made.image(f"{name}/ct.{ending}")
        mask = made.mask(f"{name}/seg.{ending}")
        if variant == "missing_samples" and name == "p2":
            next(made.tree.glob("p2/ct.*raw")).unlink()
            promise.rejected.append("p2/ct.mhd")
        else:
            made.case(f"{name}_ct", image, mask, f"{name}/ct.{ending}", patient_id=name)
    return CLASSES


def _prefixes(made: Made, promise: Phantom, variant: str) -> str:
    for name in ("0", "1"):
        image, mask = made.image(f"volume-{name}.nii"), made.mask(f"segmentation-{name}.nii")
        made.case(f"volume-{name}", image, mask, f"volume-{name}.nii")
    return CLASSES


def _case_folders(made: Made, promise: Phantom, variant: str) -> str:
    for name in ("a", "b"):
        image = made.image(f"images/{name}.nii.gz")
        found = [(labels() > k).astype(np.uint8) for k in (0, 1)]
        for word, one in zip(("body", "liver"), found, strict=True):
            save(made.tree / f"masks/{name}/{word}.nii.gz", one)
        made.case(name, image, labels(), f"images/{name}.nii.gz", columns={"mask_names": ["body", "liver"]}, masks=found)
    return ""


def _damaged(made: Made, promise: Phantom, variant: str) -> str:
    for name in ("a", "b"):
        image, mask = made.image(f"images/{name}.mha"), made.mask(f"labels/{name}.mha", (0, 2, 5))
        if name == "a":
            write(made.tree / "labels/a.mha", b"no volume")
            promise.rejected.append("labels/a.mha")
        else:
            made.case(name, image, mask, f"images/{name}.mha")
    return ""


def _splits(made: Made, promise: Phantom, variant: str) -> str:
    made.case("a", made.image("imagesTr/a.nii.gz"), made.mask("labelsTr/a.nii.gz"), "imagesTr/a.nii.gz")
    made.case("b", made.image("imagesTs/b.nii.gz"), None, "imagesTs/b.nii.gz", split="test")
    return CLASSES


def _structures(made: Made, promise: Phantom, variant: str) -> str:
    order = ["liver", "body"] if variant == "structures_order" else ["body", "liver"]
    for name in ("s1", "s2"):
        image = made.image(f"{name}/ct.nii.gz")
        body, liver = labels() > 0, labels() > 1
        liver[1, 0, 0] = True
        found = {"body": body.astype(np.uint8), "liver": liver.astype(np.uint8)}
        if name == "s2":
            del found["liver"]
        for word, one in found.items():
            save(made.tree / f"{name}/segmentations/{word}.nii.gz", one * np.uint8(255 if word == "liver" else 1))
        mask = np.zeros(SHAPE, np.uint8)
        names = [word for word in order if word in found]
        for word in names:
            mask[found[word] > 0] = order.index(word) + 1
        columns = {"mask_names": names, "annotated_classes": names}
        masks = [found[word] for word in names]
        made.case(f"{name}_ct", image, mask, f"{name}/ct.nii.gz", patient_id=name, columns=columns, masks=masks)
    return f"structures = {json.dumps(order)}\n" if variant == "structures_order" else ""


def _nnunet(made: Made, promise: Phantom, variant: str) -> str:
    second = {"nnunet": ("T1", "FLAIR"), "regions": ("T1", "FLAIR"), "channel_missing": ("T1", "FLAIR")}.get(variant, ("CT",))
    values: dict[str, Any] = {
        "nnunet": {"background": 0, "organ": 1, "tumour": 2, "ignore": 3},
        "channel_missing": {"background": 0, "organ": 1, "tumour": 2},
        "regions": {"background": 0, "whole": [1, 2], "core": [2]},
        "nnunet1": {"0": "background", "1": "organ", "2": "tumour"},
    }[variant]
    said: dict[str, Any] = {"labels": values, "file_ending": ".nii.gz", "numTraining": 2}
    said["modality" if variant == "nnunet1" else "channel_names"] = {str(k): word for k, word in enumerate(second)}
    if variant == "regions":
        said["regions_class_order"] = [1, 2]
    write(made.tree / "Dataset007_Organ/dataset.json", json.dumps(said))
    for name in ("case_001", "case_002"):
        top = "Dataset007_Organ/"
        images = [made.image(f"{top}imagesTr/{name}_{k:04d}.nii.gz") for k in range(len(second))]
        mask = made.mask(f"{top}labelsTr/{name}.nii.gz", (0, 1, 3) if variant == "nnunet" else (0, 1, 2))
        if variant == "nnunet":
            mask = np.where(mask == 2, 255, mask).astype(np.uint8)
        if variant == "channel_missing" and name == "case_001":
            (made.tree / f"{top}imagesTr/{name}_0001.nii.gz").unlink()
            promise.rejected.append(name)
            continue
        further = {"flair": images[1]} if len(images) > 1 else {}
        made.case(name, images[0], mask, f"imagesTr/{name}_0000.nii.gz", further=further)
    if variant == "nnunet1":
        made.case(
            "case_003", made.image("Dataset007_Organ/imagesTs/case_003_0000.nii.gz"), None, "imagesTs/case_003_0000.nii.gz", split="test"
        )
    return ""


def _decathlon(made: Made, promise: Phantom, variant: str) -> str:
    labelled = {"0": "background", "1": "organ", "2": "tumour"}
    said = {
        "modality": {"0": "T2", "1": "ADC"},
        "labels": labelled,
        "training": [{"image": "./imagesTr/x_1.nii.gz", "label": "./labelsTr/x_1.nii.gz"}],
    }
    write(made.tree / "Task77_Organ/dataset.json", json.dumps(said))
    both = np.stack([rng(word).integers(0, 900, SHAPE).astype(np.uint16) for word in ("T2", "ADC")])
    path = made.tree / "Task77_Organ/imagesTr/x_1.nii.gz"
    path.parent.mkdir(parents=True)
    image = Itk.JoinSeries([Itk.GetImageFromArray(one) for one in both])
    image.SetSpacing((*SPACING, 1.0))
    image.SetOrigin((*ORIGIN, 0.0))
    Itk.WriteImage(image, str(path))
    made.case("x_1", (both[0], 0.0), made.mask("Task77_Organ/labelsTr/x_1.nii.gz"), "imagesTr/x_1.nii.gz", further={"adc": (both[1], 0.0)})
    return ""


def _bids(made: Made, promise: Phantom, variant: str) -> str:
    write(made.tree / "dataset_description.json", '{"Name": "made", "BIDSVersion": "1.8.0"}')
    write(made.tree / "derivatives/drawn/dseg.tsv", "index\tname\tcolor\n0\tbackground\t#000\n1\torgan\t#f00\n2\ttumour\t#0f0\n")
    for name in ("sub-01", "sub-02"):
        path = f"{name}/anat/{name}_T1w.nii.gz"
        image = made.image(path)
        mask = made.mask(f"derivatives/drawn/{name}/anat/{name}_space-orig_dseg.nii.gz")
        if variant != "bids":
            made.image(f"{name}/anat/{name}_T2w.nii.gz")
            promise.not_used = ["sub-01_T2w.nii.gz"] if variant == "bids_suffix" else []
        made.case(f"{name}_T1w", image, mask, path, patient_id=name)
    promise.refused = variant == "bids_two"
    return 'suffix = "T1w"\n' if variant == "bids_suffix" else ""


def _patterns(made: Made, promise: Phantom, variant: str) -> str:
    for patient, site in (("p1", "x"), ("p2", "y")):
        image = made.image(f"{site}/test/{patient}-angio.nrrd")
        mask = made.mask(f"{site}/test/{patient}-vessels.nii.gz")
        columns = {"site": site}
        made.case(
            f"{site}_test_{patient}", image, mask, f"{site}/test/{patient}-angio.nrrd", split="test", patient_id=patient, columns=columns
        )
    return CLASSES + 'image = "{site}/{split}/{patient}-angio.nrrd"\nmask = "{site}/{split}/{patient}-vessels.nii.gz"\n'


def _slicer(made: Made, promise: Phantom, variant: str) -> str:
    for name in ("p1", "p2"):
        path, image = f"{name}/scan.nrrd", made.image(f"{name}/scan.nrrd")
        drawn = labels()
        said = {"Segment0_Name": "whole liver", "Segment1_Name": "Läsion"}
        layered = variant == "slicer_layers"
        if layered:
            stack = np.stack([drawn > 0, (drawn == 2) * 4], -1).astype(np.uint8)
            said |= {"Segment0_Layer": "0", "Segment0_LabelValue": "1", "Segment1_Layer": "1", "Segment1_LabelValue": "4"}
            masks = [(drawn > 0).astype(np.uint8), (drawn == 2).astype(np.uint8)]
            made.case(f"{name}_scan", image, drawn, path, patient_id=name, columns={"mask_names": ["whole_liver", "läsion"]}, masks=masks)
        else:
            values = {"p1": (0, 1, 2), "p2": (0, 7, 0)}[name]
            drawn = drawn if name == "p1" else (drawn == 1).astype(np.uint8)
            stack = np.array(values, np.uint8)[labels()]
            said |= {"Segment0_LabelValue": str(values[1]), "Segment1_LabelValue": "2", "Segment0_Layer": "0", "Segment1_Layer": "0"}
            if name == "p2":
                said = {key: value for key, value in said.items() if key.startswith("Segment0")}
            names = ["whole liver", "Läsion"] if name == "p1" else ["whole liver"]
            made.case(f"{name}_scan", image, drawn, path, patient_id=name, columns={"annotated_classes": names})
        # As Slicer saves it: of p1 the part that the segments fill, of p2 with a margin beyond the image.
        inside = [(axis.min(), axis.max() + 1) for axis in np.nonzero(labels())]
        if name == "p1":
            stack, first = stack[tuple(slice(*ends) for ends in inside)], [start for start, _ in inside]
        else:
            stack, first = np.pad(stack, [(1, 1)] * 3 + [(0, 0)] * layered), [-1, -1, -1]
        mask = Itk.GetImageFromArray(stack, isVector=layered)
        mask.SetSpacing(SPACING)
        mask.SetOrigin([float(place + step * start) for place, step, start in zip(ORIGIN, SPACING, first[::-1], strict=True)])
        for key, value in said.items():
            mask.SetMetaData(key, value)
        Itk.WriteImage(mask, str(made.tree / f"{name}/Segmentation.seg.nrrd"), True)
    return ""


def _mitk(made: Made, promise: Phantom, variant: str) -> str:
    image, drawn, names = made.image("p1/ct.nrrd"), labels(), ('Leber "groß"', "cyst")
    if variant == "mitk":
        stack, groups = np.array((0, 6, 2), np.uint8)[drawn], [{"labels": [{"name": names[0], "value": 6}, {"name": names[1], "value": 2}]}]
        made.case("p1_ct", image, drawn, "p1/ct.nrrd", patient_id="p1")
    else:
        masks = [(drawn > 0).astype(np.uint8), (drawn == 2).astype(np.uint8)]
        stack, groups = np.stack(masks, -1), [{"labels": [{"name": name, "value": 1}]} for name in names]
        columns = {"mask_names": ["leber_groß", "cyst"]}
        made.case("p1_ct", image, drawn, "p1/ct.nrrd", patient_id="p1", columns=columns, masks=masks)
    mask = Itk.GetImageFromArray(stack, isVector=variant != "mitk")
    mask.SetSpacing(SPACING)
    mask.SetOrigin(ORIGIN)
    mask.SetMetaData("modality", "org.mitk.multilabel.segmentation")
    mask.SetMetaData("org.mitk.multilabel.segmentation.labelgroups", json.dumps(groups, ensure_ascii=False))
    Itk.WriteImage(mask, str(made.tree / "p1/seg.nrrd"), True)
    return ""


def _colours(made: Made, promise: Phantom, variant: str) -> str:
    write(made.tree / "colors.csv", "LabelValue,Name,Color_R,Color_G,Color_B,Color_A\n1,Left kidney,255,0,0,255\n3,Cyst,0,0,255,255\n")
    made.case("a", made.image("a.nii.gz"), made.mask("a_seg.nii.gz", (0, 1, 3)), "a.nii.gz")
    return ""


def _snap(made: Made, promise: Phantom, variant: str) -> str:
    rows = ['    0     0    0    0        0  0  0    "Clear Label"', '    1   255    0    0        1  1  1    "Left kidney"']
    rows += ['    3     0    0  255      0.5  1  1    "Cyst"', '    9     9    9    9        1  1  1    "Spleen"']
    write(made.tree / "labels.txt", "\n".join(["#####", "# ITK-SnAP Label Description File", *rows, ""]))
    made.case("a", made.image("a.nii.gz"), made.mask("a_seg.nii.gz", (0, 1, 3)), "a.nii.gz")
    return ""


def _freesurfer(made: Made, promise: Phantom, variant: str) -> str:
    import nibabel

    build: Any = nibabel.MGHImage  # type: ignore[attr-defined]
    for name in ("bert", "ernie"):
        made.image(f"{name}.nii.gz")
        made.mask(f"{name}_seg.nii.gz")
        for path, kind, out in ((f"{name}.nii.gz", np.int16, "T1.mgz"), (f"{name}_seg.nii.gz", np.int32, "aseg.mgz")):
            image: Any = nibabel.load(made.tree / path)  # type: ignore[attr-defined]
            (made.tree / name / "mri").mkdir(parents=True, exist_ok=True)
            build(np.asarray(image.dataobj).astype(kind), image.affine).to_filename(made.tree / name / "mri" / out)
        voxels = np.asarray(nibabel.load(made.tree / f"{name}.nii.gz").dataobj).T  # type: ignore[attr-defined]
        made.case(f"{name}", stored(voxels), labels(), f"{name}/mri/T1.mgz", patient_id=name)
        for left in made.tree.glob("*.nii.gz"):
            left.unlink()
    return CLASSES + 'image = "{patient}/mri/T1.mgz"\nmask = "{patient}/mri/aseg.mgz"\n'


def _datalist(made: Made, promise: Phantom, variant: str) -> str:
    said: dict[str, Any] = {"labels": {"0": "background", "1": "organ", "2": "tumour"}, "training": [], "testing": [{"image": "x/c.mha"}]}
    for k, name in enumerate("ab"):
        said["training"].append({"image": f"./x/{name}.mha", "label": f"/elsewhere/y/{name}.mha", "fold": k})
        made.case(name, made.image(f"x/{name}.mha"), made.mask(f"y/{name}.mha"), f"x/{name}.mha", columns={"fold": str(k)})
    made.case("c", made.image("x/c.mha"), None, "x/c.mha", split="test", columns={"fold": None})
    write(made.tree / "datalist.json", json.dumps(said))
    return ""


def _film(made: Made, promise: Phantom, variant: str) -> str:
    frames = np.stack([rng(f"frame {k}").integers(0, 900, SHAPE).astype(np.uint16) for k in range(3)])
    drawn = np.stack([np.roll(labels(), k, axis=2) for k in range(3)])
    for path, array in (("images/heart.mha", frames), ("labels/heart.mha", drawn)):
        image = Itk.JoinSeries([Itk.GetImageFromArray(one) for one in array])
        image.SetSpacing((*SPACING, 1.0))
        image.SetOrigin((*ORIGIN, 0.0))
        (made.tree / path).parent.mkdir(parents=True)
        Itk.WriteImage(image, str(made.tree / path))
    for k in range(3):
        made.case(f"heart_f{k:03d}", (frames[k], 0.0), drawn[k], "images/heart.mha", columns={"frame": k})
    return CLASSES


def _flat(made: Made, promise: Phantom, variant: str) -> str:
    for name in ("a", "b"):
        image, mask = rng(name).integers(0, 256, SHAPE[1:]).astype(np.uint8), labels()[2]
        save(made.tree / f"images/{name}.mha", image)
        save(made.tree / f"labels/{name}.mha", mask)
        columns = {"volume_id": name, "num_slices": 1, "pixel_spacing": [1.5, 1.0], "orientation": None, "rescale_intercept": 0.0}
        made.rows.append(Row(f"{name}_0000", image, mask, f"images/{name}.mha", columns=columns))
        made.volumes.append(Row(name, image[np.newaxis], mask[np.newaxis], f"images/{name}.mha", columns=columns))
    return CLASSES


def _known(made: Made, promise: Phantom, variant: str) -> str:
    made.image("Task04_Hippocampus/imagesTr/hippocampus_001.nii.gz")
    made.mask("Task04_Hippocampus/labelsTr/hippocampus_001.nii.gz")
    promise.refused = True
    return ""


LAYOUTS: dict[str, Any] = {
    **dict.fromkeys(("beside",), _beside),
    **dict.fromkeys(("patients", "missing_samples"), _patients),
    **dict.fromkeys(("structures", "structures_order"), _structures),
    **dict.fromkeys(("slicer", "slicer_layers"), _slicer),
    **dict.fromkeys(("mitk", "mitk_groups"), _mitk),
    "colours": _colours,
    "snap": _snap,
    "freesurfer": _freesurfer,
    "datalist": _datalist,
    **dict.fromkeys(("nnunet", "regions", "nnunet1", "channel_missing"), _nnunet),
    **dict.fromkeys(("bids", "bids_two", "bids_suffix"), _bids),
    "prefixes": _prefixes,
    "case_folders": _case_folders,
    "damaged": _damaged,
    "splits": _splits,
    "decathlon": _decathlon,
    "patterns": _patterns,
    "film": _film,
    "flat": _flat,
    "known_source": _known,
}
LAYOUTS |= {variant: _folders for variant in VARIANTS if variant not in LAYOUTS}
