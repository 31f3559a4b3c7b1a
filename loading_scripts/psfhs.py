"""PSFHS: pubic symphysis and fetal head in intrapartum ultrasound.

With datasets up to 3.6:  load_dataset("psfhs.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("psfhs", RAW)
From the shell:           python psfhs.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Psfhs(RawDatasetBuilder):
    """PSFHS: pubic symphysis and fetal head in intrapartum ultrasound.

    psfhs comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader lists it,
      https://doi.org/10.5281/zenodo.10969427
    - lists the set as CC BY 4.0; a reader that fetches the record names no license
    - Cite Chen et al. 2024.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "psfhs"


if __name__ == "__main__":
    sys.exit(main(["convert", "psfhs", *sys.argv[1:]]))
