"""FIVES: A Fundus Image Dataset for Artificial Intelligence based Vessel Segmentation.

With datasets up to 3.6:  load_dataset("fives.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("fives", RAW)
From the shell:           python fives.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Fives(RawDatasetBuilder):
    """FIVES: A Fundus Image Dataset for Artificial Intelligence based Vessel Segmentation.

    fives comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.6084/m9.figshare.19688169.v1
    - quotes the record's license as CC BY 4.0
    - Cite Jin et al. 2022.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "fives"


if __name__ == "__main__":
    sys.exit(main(["convert", "fives", *sys.argv[1:]]))
