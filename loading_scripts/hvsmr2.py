"""HVSMR-2.0: whole hearts with congenital disease in MRI.

With datasets up to 3.6:  load_dataset("hvsmr2.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("hvsmr2", RAW)
From the shell:           python hvsmr2.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Hvsmr2(RawDatasetBuilder):
    """HVSMR-2.0: whole hearts with congenital disease in MRI.

    hvsmr2 comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.6084/m9.figshare.c.7074755
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite Pace et al. 2024.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "hvsmr2"


if __name__ == "__main__":
    sys.exit(main(["convert", "hvsmr2", *sys.argv[1:]]))
