"""Mindboggle-101: regions of the cortex in T1-weighted MRI.

With datasets up to 3.6:  load_dataset("mindboggle101.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mindboggle101", RAW)
From the shell:           python mindboggle101.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Mindboggle101(RawDatasetBuilder):
    """Mindboggle-101: regions of the cortex in T1-weighted MRI.

    mindboggle101 comes under its owner's terms: license to be confirmed: CC BY 4.0 according to one reader, CC
      BY-NC-SA 3.0 according to another, https://doi.org/10.5281/zenodo.22070005
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - a copy of the volumes says CC BY-NC-SA 3.0
    - Cite Klein and Tourville 2012.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mindboggle101"


if __name__ == "__main__":
    sys.exit(main(["convert", "mindboggle101", *sys.argv[1:]]))
