"""CirrMRI600+: cirrhotic livers in MRI.

With datasets up to 3.6:  load_dataset("cirrmri600.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("cirrmri600", RAW)
From the shell:           python cirrmri600.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Cirrmri600(RawDatasetBuilder):
    """CirrMRI600+: cirrhotic livers in MRI.

    cirrmri600 comes under its owner's terms: license to be confirmed: CC BY-NC 4.0 according to readers,
      https://osf.io/cuk24/
    - two readers of the project say CC BY-NC 4.0; the owner's own words were not seen
    - Cite Jha et al. 2025.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "cirrmri600"


if __name__ == "__main__":
    sys.exit(main(["convert", "cirrmri600", *sys.argv[1:]]))
