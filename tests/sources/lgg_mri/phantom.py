"""LGG segmentation: `kaggle_3m/<patient>_<date>/<patient>_<date>_<slice>.tif` and `..._mask.tif`, with `data.csv`.

The zip holds everything a second time below `lgg-mri-segmentation/`. Channels: before contrast, FLAIR, after contrast.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, files_of, save, write

VARIANTS: dict[str, str] = {
    "clean": "the doubled tree; missing sequences filled with FLAIR; empty masks; slice numbers without leading zeros",
    "copies_differ": "the doubled tree, in which one slice and one mask differ from their copies",
    "tables_differ": "the doubled tree, whose two tables contradict each other",
    "zip": "the zip as downloaded, holding everything twice",
    "single": "`kaggle_3m` alone, RAW being that folder itself",
    "second_only": "only the second copy, `lgg-mri-segmentation/kaggle_3m`",
    "semicolons": "`data.csv` with semicolons, CRLF and no final newline",
    "bom": "`data.csv` with a byte order mark and CRLF",
    "repeated_key": "`data.csv` names one patient twice, with other values",
    "missing_column": "`data.csv` without the column `Patient`",
    "mask_missing": "one slice without its mask",
    "undeclared_value": "one mask holds a value that is neither background nor tumour",
    "mask_size": "one mask with height and width exchanged",
}

HEIGHT, WIDTH = 28, 36
# volume -> number of slices
VOLUMES = {
    "TCGA_CS_4941_19960909": 11,
    "TCGA_DU_6407_19860514": 2,
    "TCGA_EZ_7264_20010816": 3,
    "TCGA_HT_A61B_19991127": 2,
}
NO_PRE = ("TCGA_HT_A61B_19991127",)
NO_POST = ("TCGA_DU_6407_19860514", "TCGA_HT_A61B_19991127")
SINGLE_FILL = ("TCGA_EZ_7264_20010816", 2)  # one slice alone, not the patient, repeats FLAIR after contrast

# column of data.csv -> column of the dataset.
# ASSUMED: codes without a code book carry the published name in lower snake case plus `_code`; the age is `age`.
COLUMNS = {
    "RNASeqCluster": "rnaseq_cluster_code",
    "MethylationCluster": "methylation_cluster_code",
    "miRNACluster": "mirna_cluster_code",
    "CNCluster": "cn_cluster_code",
    "RPPACluster": "rppa_cluster_code",
    "OncosignCluster": "oncosign_cluster_code",
    "COCCluster": "coc_cluster_code",
    "histological_type": "histological_type_code",
    "neoplasm_histologic_grade": "neoplasm_histologic_grade_code",
    "tumor_tissue_site": "tumor_tissue_site_code",
    "laterality": "laterality_code",
    "tumor_location": "tumor_location_code",
    "gender": "gender_code",
    "age_at_initial_pathologic": "age",
    "race": "race_code",
    "ethnicity": "ethnicity_code",
    "death01": "death01_code",
}
TABLE: dict[str, list[int | None]] = {
    "TCGA_CS_4941": [3, 2, 4, 1, None, 1, 2, 2, 1, 1, 3, 4, 2, 58, 2, 2, 1],
    "TCGA_DU_6407": [None, 5, 1, 1, 2, 2, 1, 3, 1, 1, 1, 6, 1, 35, 3, None, 0],
    "TCGA_EZ_7264": [1, 1, 3, 2, 4, 1, 1, 2, 2, 1, 2, 1, 2, 47, 2, 2, 0],
    "TCGA_HT_A61B": [None] * 17,
}
SECRETS = ["Delacroix^Armand", "ACC-77120394"]


def _image(volume: str, number: int) -> Array:
    """Three sequences, absent ones filled with FLAIR."""
    image = colour(f"lgg-mri {volume} {number}", HEIGHT, WIDTH)
    if volume in NO_PRE:
        image[..., 0] = image[..., 1]
    if volume in NO_POST or (volume, number) == SINGLE_FILL:
        image[..., 2] = image[..., 1]
    return image


def _mask(volume: str, number: int) -> Array:
    """Every second slice has a tumour, the others are empty."""
    if number % 2:
        return np.zeros((HEIGHT, WIDTH), bool)
    tumour = disc(HEIGHT, WIDTH, 9 + number % 7, 24, 4 + volume.count("A"))
    tumour[:, ::9] = False
    return tumour


def _csv(separator: str = ",", end: str = "\n", final: bool = True, start: str = "") -> str:
    """The patient table; absent values are empty."""
    lines = [start + separator.join(["Patient", *COLUMNS])]
    for patient, values in TABLE.items():
        lines.append(separator.join([patient, *("" if value is None else str(value) for value in values)]))
    return end.join(lines) + (end if final else "")


def _expected(patient: str) -> dict[str, Any]:
    """The table's values in the columns of the dataset."""
    values: dict[str, Any] = dict(zip(COLUMNS.values(), TABLE[patient], strict=True))
    values["age"] = None if values["age"] is None else float(values["age"])
    return values


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    doubled = variant in ("clean", "zip", "copies_differ", "tables_differ")
    work = folder / "unpacked" if variant == "zip" else folder
    top = (work / "lgg-mri-segmentation" if variant == "second_only" else work) / "kaggle_3m"
    write(top / "README.md", "# LGG Segmentation Dataset\n")
    write(top / "data.csv", _csv())

    rows = []
    for volume, count in VOLUMES.items():
        patient = "_".join(volume.split("_")[:3])
        for number in range(1, count + 1):
            stem = f"{volume}_{number}"
            image, mask = _image(volume, number), _mask(volume, number)
            save(top / volume / f"{stem}.tif", image, tiffinfo={270: SECRETS[0], 315: SECRETS[1]})
            save(top / volume / f"{stem}_mask.tif", (mask * 255).astype(np.uint8))
            rows.append(
                Row(
                    image_id=stem,
                    image=image,
                    mask=mask.astype(np.uint8),
                    # ASSUMED: `kaggle_3m` is the root (RAW may be that folder itself), so it is not in the path.
                    source_file=f"{volume}/{stem}.tif",
                    patient_id=patient,
                    columns={
                        "volume_id": volume,
                        "slice_index": number - 1,  # from 0, as in every volume
                        "num_slices": count,
                        "pre_contrast_missing": volume in NO_PRE,
                        "post_contrast_missing": volume in NO_POST,
                        **_expected(patient),
                    },
                )
            )
    promise = Phantom(raw=folder, rows=rows, secrets=list(SECRETS))

    def reject(*stems: str) -> None:
        # ASSUMED: `num_slices` counts the slices that were published, rejected ones included.
        promise.rejected += stems
        promise.rows = [row for row in rows if row.image_id not in stems]

    if doubled:
        second = work / "lgg-mri-segmentation" / "kaggle_3m"
        for name, path in files_of(top):
            write(second / name, path.read_bytes())
        write(second / "data.csv", _csv(";", "\r\n", final=False))
        write(top / ".DS_Store", b"\x00\x00\x00\x01Bud1")
        copies = [name for name, _ in files_of(top) if name.endswith(".tif")]
        promise.duplicate += [f"lgg-mri-segmentation/kaggle_3m/{name}" for name in copies]
        promise.not_used.append("lgg-mri-segmentation/kaggle_3m/data.csv")
    if variant == "copies_differ":
        second = work / "lgg-mri-segmentation" / "kaggle_3m" / "TCGA_CS_4941_19960909"
        save(second / "TCGA_CS_4941_19960909_3.tif", colour("lgg-mri another", HEIGHT, WIDTH))
        save(second / "TCGA_CS_4941_19960909_8_mask.tif", np.zeros((HEIGHT, WIDTH), np.uint8))
        promise.duplicate.clear()
        reject("TCGA_CS_4941_19960909_3", "TCGA_CS_4941_19960909_8")
    elif variant == "tables_differ":
        text = _csv().replace("TCGA_CS_4941,3", "TCGA_CS_4941,4")
        write(work / "lgg-mri-segmentation" / "kaggle_3m" / "data.csv", text)
        promise.rows = []
        promise.refused = True
    elif variant == "zip":
        promise.raw = as_zip(work, folder / "lgg-mri-segmentation.zip")
        shutil.rmtree(work)
    elif variant == "single":
        promise.raw = top
    elif variant == "semicolons":
        write(top / "data.csv", _csv(";", "\r\n", final=False))
    elif variant == "bom":
        write(top / "data.csv", _csv(end="\r\n", start="\ufeff"))
    elif variant == "repeated_key":
        # ASSUMED: two differing lines for one patient reject that patient's slices; the others are converted.
        text = _csv()
        line = next(line for line in text.splitlines() if line.startswith("TCGA_EZ_7264"))
        write(top / "data.csv", text + line.removesuffix("0") + "1\n")
        reject(*(row.image_id for row in rows if row.patient_id == "TCGA_EZ_7264"))
    elif variant == "missing_column":
        # ASSUMED: without its key column the table fits no patient, so nothing is converted.
        write(top / "data.csv", "\n".join(line.split(",", 1)[1] for line in _csv().splitlines()) + "\n")
        promise.rows = []
        promise.refused = True
    elif variant == "mask_missing":
        (top / "TCGA_CS_4941_19960909" / "TCGA_CS_4941_19960909_4_mask.tif").unlink()
        reject("TCGA_CS_4941_19960909_4")
    elif variant == "undeclared_value":
        stored = (_mask("TCGA_CS_4941_19960909", 10) * 255).astype(np.uint8)
        stored[3:5, 2:6] = 128
        save(top / "TCGA_CS_4941_19960909" / "TCGA_CS_4941_19960909_10_mask.tif", stored)
        reject("TCGA_CS_4941_19960909_10")
    elif variant == "mask_size":
        path = top / "TCGA_EZ_7264_20010816" / "TCGA_EZ_7264_20010816_2_mask.tif"
        save(path, np.asarray(Image.open(path)).T.copy())
        reject("TCGA_EZ_7264_20010816_2")
    return promise
