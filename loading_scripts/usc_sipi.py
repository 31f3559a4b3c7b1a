"""USC-SIPI Image Database.

With datasets up to 3.6:  load_dataset("usc_sipi.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("usc-sipi", RAW)
From the shell:           python usc_sipi.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class UscSipi(RawDatasetBuilder):
    """USC-SIPI Image Database.

    usc-sipi comes under its owner's terms: provided for research purposes,
      http://sipi.usc.edu/database/copyright.php
    - provided for research purposes; the institute holds no copyright on most pictures and cannot grant permission
    - Research use only; the copyright of many pictures lies with others.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "usc-sipi"


if __name__ == "__main__":
    sys.exit(main(["convert", "usc-sipi", *sys.argv[1:]]))
