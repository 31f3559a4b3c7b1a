"""APACS23: Annotated PAp smear images for Cell Segmentation 2023.

With datasets up to 3.6:  load_dataset("apacs23.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("apacs23", RAW)
From the shell:           python apacs23.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Apacs23(RawDatasetBuilder):
    """APACS23: Annotated PAp smear images for Cell Segmentation 2023.

    apacs23 comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.17605/OSF.IO/CKA2F
    - quotes the record's license as CC BY 4.0
    - Cite Harangi et al. 2024 and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "apacs23"


if __name__ == "__main__":
    sys.exit(main(["convert", "apacs23", *sys.argv[1:]]))
