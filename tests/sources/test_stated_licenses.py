"""A table beside the files says under which license each series is: the strictest decides, and all are named and cited."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydicom import dcmread

from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused
from hf_medseg.publishing.gate import check, inspect
from hf_medseg.verification.verify import verify
from tests.support.harness import PHANTOMS

DOI = "10.5281/zenodo.12130275"


def converted(source: str, folder: Path, licenses: Mapping[str, str], *, doi: str = DOI, about: Path | None = None) -> Conversion:
    """A phantom with such a table; the license of each series by how its description, else its modality, begins."""
    phantom = PHANTOMS[source].make(folder / "made")
    with (phantom.raw / "idc_series.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["collection_id", "SeriesInstanceUID", "analysis_result_id", "license_short_name", "source_DOI", "bytes"])
        series = {}
        for path in sorted(phantom.raw.rglob("*.dcm")):
            header = dcmread(path, stop_before_pixels=True)
            said = (header.get("SeriesDescription", ""), header.Modality)
            series[header.SeriesInstanceUID] = next((licenses[key] for key in licenses if any(one.startswith(key) for one in said)), "")
        for uid, license in series.items():
            table.writerow(["made_up", uid, "", license, doi, 1])
    return convert(source, phantom.raw, folder / "out", workers=1, about=about or phantom.about)


def test_licenses_that_allow_as_much_are_named_and_cited_and_change_nothing(tmp_path: Path) -> None:
    done = converted(
        "pancreas-ct", tmp_path, {"CT": "CC BY 3.0", "SEG": "CC BY 4.0", "Segmentation": "CC BY 4.0"}, doi="10.5281/Zenodo.99999999"
    )
    card = (done.out / "README.md").read_text()
    assert "2 series: cc-by-3.0 (https://creativecommons.org/licenses/by/3.0/); cite https://doi.org/10.5281/zenodo.99999999." in card
    assert "2 series: cc-by-4.0 (https://creativecommons.org/licenses/by/4.0/)" in card
    assert card.count("@misc{10_5281_zenodo_99999999,") == 1
    held = check(done.out)
    assert (held.license.id, held.license.tier) == ("cc-by-3.0", "open")
    assert verify(done.out).ok


def test_what_is_cited_already_is_not_cited_twice(tmp_path: Path) -> None:
    done = converted("pancreas-ct", tmp_path, {"CT": "CC BY 3.0", "S": "CC BY 4.0"})
    assert "@misc{10_5281" not in (done.out / "README.md").read_text()


def test_one_stricter_series_decides_for_all(tmp_path: Path) -> None:
    done = converted("pancreas-ct", tmp_path, {"CT": "CC BY-NC 4.0", "S": "CC BY 4.0"})
    assert (done.report["license"], done.report["tier"]) == ("cc-by-nc-4.0", "noncommercial")
    with pytest.raises(Refused, match="--allow-noncommercial"):
        check(done.out)
    assert check(done.out, allow_noncommercial=True).license.id == "cc-by-nc-4.0"
    assert "license: cc-by-nc-4.0" in (done.out / "README.md").read_text()
    assert verify(done.out).ok


@pytest.mark.parametrize(
    ("license", "tier"), [("", "unknown"), ("Ask <b>Dr. Quittenbaum</b>", "restricted"), ("CC BY-ND 4.0", "restricted")]
)
def test_what_no_license_is_known_of_is_not_published_and_its_words_go_nowhere(license: str, tier: str, tmp_path: Path) -> None:
    done = converted("pancreas-ct", tmp_path, {"CT": license, "S": "CC BY 4.0"})
    assert inspect(done.out).license.tier == tier
    with pytest.raises(Refused, match="No option changes that"):
        check(done.out, allow_noncommercial=True)
    assert not any(
        "Quittenbaum" in path.read_text() for path in (done.out / "README.md", done.out / "report.json", done.out / "croissant.json")
    )


def test_a_table_never_opens_what_the_owner_closes(tmp_path: Path) -> None:
    done = converted("nsclc-radiomics", tmp_path, {"CT": "CC0 1.0", "RT": "CC BY 4.0", "S": "CC BY 4.0", "3d": "CC BY 4.0"})
    assert (done.report["license"], done.report["tier"]) == ("cc-by-nc-3.0", "noncommercial")
    with pytest.raises(Refused, match="--allow-noncommercial"):
        check(done.out)


def test_a_table_that_is_edited_after_the_conversion_changes_nothing(tmp_path: Path) -> None:
    done = converted("pancreas-ct", tmp_path, {"CT": "CC BY-NC 4.0", "S": "CC BY 4.0"})
    report = json.loads((done.out / "report.json").read_text())
    report["licenses"], report["license"], report["tier"] = [], "cc-by-3.0", "open"
    (done.out / "report.json").write_text(json.dumps(report))
    with pytest.raises(Refused, match="--allow-noncommercial"):
        check(done.out)


def test_masks_that_are_not_selected_do_not_count(tmp_path: Path) -> None:
    done = converted("hcc-tace-seg", tmp_path, {"AIMI": "CC BY-NC 4.0", "Segmentation": "CC BY 4.0", "CT": "CC BY 4.0"})
    assert (done.report["license"], done.report["tier"]) == ("cc-by-4.0", "open")
    assert [one["license"] for one in done.report["licenses"]] == ["cc-by-4.0"]


def test_two_tables_that_disagree_are_both_heard(tmp_path: Path) -> None:
    done = converted("pancreas-ct", tmp_path, {"CT": "CC BY-NC 4.0", "S": "CC BY 4.0"})
    raw = tmp_path / "made/raw"
    told = (raw / "idc_series.csv").read_text()
    (raw / "zz.csv").write_text(told.replace("CC BY-NC 4.0", "CC0 1.0"))
    again = convert("pancreas-ct", raw, tmp_path / "again", workers=1)
    assert again.report["tier"] == done.report["tier"] == "noncommercial"


def test_it_holds_for_any_collection_too(tmp_path: Path) -> None:
    done = converted("tcia", tmp_path, {"CT": "CC BY-NC 3.0", "": "CC BY 4.0"})
    assert done.report["tier"] == "noncommercial"
    with pytest.raises(Refused, match="--allow-noncommercial"):
        check(done.out)
    assert verify(done.out).ok
