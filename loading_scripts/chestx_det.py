"""ChestX-Det: instance segmentation of thirteen thoracic findings.

With datasets up to 3.6:  load_dataset("chestx_det.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("chestx-det", RAW)
From the shell:           python chestx_det.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class ChestxDet(RawDatasetBuilder):
    """ChestX-Det: instance segmentation of thirteen thoracic findings.

    chestx-det comes under its owner's terms: license of the films to be confirmed: Apache 2.0 holds for the
      outlines; the films are those of ChestX-ray14, https://github.com/Deepwise-AILab/ChestX-Det-Dataset
    - LICENSE of the repository that holds the outlines is the Apache License 2.0; it does not speak of the films,
      which lie elsewhere
    - Carry the Apache License 2.0 along for the outlines, and say what was changed.
    - Provide a link to the NIH download site: https://nihcc.app.box.com/v/ChestXray-NIHCC
    - Acknowledge the NIH Clinical Center as the data provider: data provided by the NIH Clinical Center.
    - Cite Lian et al. 2021 and Wang et al. 2017.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "chestx-det"


if __name__ == "__main__":
    sys.exit(main(["convert", "chestx-det", *sys.argv[1:]]))
