"""BRISC 2025: brain tumour segmentation and classification.

With datasets up to 3.6:  load_dataset("brisc_2025.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("brisc-2025", RAW)
From the shell:           python brisc_2025.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Brisc2025(RawDatasetBuilder):
    """BRISC 2025: brain tumour segmentation and classification.

    brisc-2025 comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes
      it; the pooled pictures keep the terms of their sources, https://doi.org/10.6084/m9.figshare.30533120
    - quotes the record's license as CC BY 4.0
    - Cite Fateh et al. 2026.
    - Link https://doi.org/10.6084/m9.figshare.30533120 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "brisc-2025"


if __name__ == "__main__":
    sys.exit(main(["convert", "brisc-2025", *sys.argv[1:]]))
