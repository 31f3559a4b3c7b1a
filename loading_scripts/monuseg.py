"""MoNuSeg 2018: Multi-organ Nucleus Segmentation.

With datasets up to 3.6:  load_dataset("monuseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("monuseg", RAW)
From the shell:           python monuseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Monuseg(RawDatasetBuilder):
    """MoNuSeg 2018: Multi-organ Nucleus Segmentation.

    monuseg comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 on the challenge's page as
      others quote it, https://monuseg.grand-challenge.org/Data/
    - calls the license CC BY-NC-SA 4.0
    - Cite Kumar et al. 2017 and 2020.
    - No commercial use; pass on under the same license, with a link to it, and say what was changed.
    - The pictures come from The Cancer Genome Atlas.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "monuseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "monuseg", *sys.argv[1:]]))
