"""DPRD: children's dental panoramic radiographs, caries.

With datasets up to 3.6:  load_dataset("dprd.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("dprd", RAW)
From the shell:           python dprd.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Dprd(RawDatasetBuilder):
    """DPRD: children's dental panoramic radiographs, caries.

    dprd comes under its owner's terms: license to be confirmed: CC0 on the record as one reader quotes it,
      https://doi.org/10.6084/m9.figshare.21621705.v1
    - quotes the record's license as CC0
    - Cite Zhang et al. 2023.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "dprd"


if __name__ == "__main__":
    sys.exit(main(["convert", "dprd", *sys.argv[1:]]))
