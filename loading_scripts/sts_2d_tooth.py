"""STS-2D-Tooth: teeth in panoramic radiographs of adults and children.

With datasets up to 3.6:  load_dataset("sts_2d_tooth.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("sts-2d-tooth", RAW)
From the shell:           python sts_2d_tooth.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Sts2dTooth(RawDatasetBuilder):
    """STS-2D-Tooth: teeth in panoramic radiographs of adults and children.

    sts-2d-tooth comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader
      quotes it, https://doi.org/10.5281/zenodo.10597292
    - quotes the record's license as CC BY 4.0
    - Cite Wang et al. 2025.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "sts-2d-tooth"


if __name__ == "__main__":
    sys.exit(main(["convert", "sts-2d-tooth", *sys.argv[1:]]))
