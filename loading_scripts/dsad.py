"""DSAD: the Dresden Surgical Anatomy Dataset.

With datasets up to 3.6:  load_dataset("dsad.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("dsad", RAW)
From the shell:           python dsad.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Dsad(RawDatasetBuilder):
    """DSAD: the Dresden Surgical Anatomy Dataset.

    dsad comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one list has it,
      https://doi.org/10.6084/m9.figshare.21702600
    - fetches the record and names no license; a list of data sets has CC BY 4.0
    - Cite Carstens et al. 2023.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "dsad"


if __name__ == "__main__":
    sys.exit(main(["convert", "dsad", *sys.argv[1:]]))
