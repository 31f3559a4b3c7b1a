"""ATM'22: airways in CT of the chest.

With datasets up to 3.6:  load_dataset("atm22.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("atm22", RAW)
From the shell:           python atm22.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Atm22(RawDatasetBuilder):
    """ATM'22: airways in CT of the chest.

    atm22 comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.5281/zenodo.7949582
    - a reader of the two records says CC BY 4.0; the owner's own words were not seen
    - Cite Zhang et al. 2023.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "atm22"


if __name__ == "__main__":
    sys.exit(main(["convert", "atm22", *sys.argv[1:]]))
