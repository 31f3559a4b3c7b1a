"""CVAT's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.sources.cvat.shapes import index_of
from tests.support.harness import PHANTOMS, run


def test_classes_keep_the_order_of_the_task(tmp_path: Path) -> None:
    assert run("cvat", "clean", tmp_path / "a").names("classes") == ["background", "nucleus", "cell"]
    assert run("cvat", "no_meta", tmp_path / "b").names("classes") == ["background", "cell", "nucleus"]


def test_a_video_is_refused_with_the_export_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"tracks of a video. Export it again from CVAT, as `CVAT for images 1.1`"):
        convert("cvat", PHANTOMS["cvat"].make(tmp_path, "tracks").raw, tmp_path / "out", workers=1)


def test_a_picture_listed_twice_is_told() -> None:
    with pytest.raises(Rejected, match=r"it lists a.png twice"):
        index_of(b'<annotations><image name="a.png"/><image name="a.png"/></annotations>', "a.xml")
