"""ACDC: the heart in short-axis cine MRI, outlined at end of diastole and of systole; the whole films as a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, INT32, VOLUME_COLUMNS, Column, Label
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import number_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

SPLITS = {"training": "train", "testing": "test"}

GROUPS = ("NOR", "MINF", "DCM", "HCM", "RV")

PATIENT = r"(training|testing)/(patient\d{3})/"

# Some copies keep every file in a folder of its own name.
INSIDE = r"(?:[^/]+\.nii(?:\.gz)?/)?"


def cases(raw: Raw) -> Iterator[Case]:
    """One case an outlined frame; in the config `cine` one a frame of a film."""
    infos = {key: _info(raw, file.path, lines_of(file)) for key, file in raw.find(rf"{PATIENT}Info\.cfg").items()}
    raw.use(*raw.find(rf"{PATIENT}Info\.cfg").values())
    if raw.config == "cine":
        for (folder, patient), film in raw.find(rf"{PATIENT}{INSIDE}\2_4d{NIFTI}").items():
            info = infos.get((folder, patient), {})
            count = whole_in(info, "NbFrame", least=1) or 1
            for frame in range(1, count + 1):
                pixels = {"image": NiftiVolume(film, channel=(frame - 1, count)), "mask": None}
                columns = {"frame": frame, **_said(info, frame)}
                yield Case(f"{patient}_4d_frame{frame:02d}", pixels, columns, SPLITS[folder], patient, together=f"{patient}_4d")
        return
    images = raw.find(rf"{PATIENT}{INSIDE}\2_frame(\d\d){NIFTI}")
    masks = raw.find(rf"{PATIENT}{INSIDE}\2_frame(\d\d)_gt{NIFTI}")
    for key in union(images, masks):
        folder, patient, number = key
        name = f"{patient}_frame{number}"
        image, mask = (found.need(key, f"{folder}/{patient}/{name}{end}.nii.gz") for found, end in ((images, ""), (masks, "_gt")))
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {0: 0, 1: 1, 2: 2, 3: 3})},
            {"frame": int(number), **_said(infos.get((folder, patient), {}), int(number))},
            SPLITS[folder],
            patient,
        )


def _info(raw: Raw, path: str, lines: list[str]) -> Mapping[str, str]:
    """The fields of an Info.cfg, which has no sections."""
    return raw.said(path, {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)})


def _said(info: Mapping[str, str], frame: int) -> dict[str, object]:
    """What is known of a patient, and which phase a frame is."""
    phases = {whole_in(info, "ED"): "end_diastole", whole_in(info, "ES"): "end_systole"}
    return {
        "phase": phases.get(frame),
        "group": info.get("Group"),
        "height_cm": number_in(info, "Height"),
        "weight_kg": number_in(info, "Weight"),
    }


OWN: dict[str, Column] = {
    "frame": INT32,
    "phase": Label(("end_diastole", "end_systole")),
    "group": Label(GROUPS),
    "height_cm": FLOAT32,
    "weight_kg": FLOAT32,
}

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{PATIENT}{INSIDE}\2_frame\d\d{NIFTI}",),
        configs=(
            *volume_configs(OWN),
            Config("cine", {**VOLUME_COLUMNS, **OWN}, description="Every frame of the films, one row a slice; no masks."),
        ),
        not_used=((r"MANDATORY_CITATION\.md", "text about the data"), (r"patient\d{3}_4d\.nii(?:\.gz)?", "a film: see the config cine")),
    ),
    cases,
    signature=(rf"{PATIENT}{INSIDE}\2_(?:frame\d\d(?:_gt)?|4d){NIFTI}",),
    ids=(r"patient\d{3}_frame\d{2}",),
    begins=(rf"{PATIENT}.+",),
)
