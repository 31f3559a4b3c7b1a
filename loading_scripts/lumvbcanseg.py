"""LumVBCanSeg: cancellous bone of lumbar vertebrae in CT.

With datasets up to 3.6:  load_dataset("lumvbcanseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("lumvbcanseg", RAW)
From the shell:           python lumvbcanseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Lumvbcanseg(RawDatasetBuilder):
    """LumVBCanSeg: cancellous bone of lumbar vertebrae in CT.

    lumvbcanseg comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.5281/zenodo.8181250
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite the record and the article 10.1016/j.compbiomed.2024.108237.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "lumvbcanseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "lumvbcanseg", *sys.argv[1:]]))
