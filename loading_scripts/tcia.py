"""A collection of The Cancer Imaging Archive (TCIA).

With datasets up to 3.6:  load_dataset("tcia.py", data_dir=RAW, trust_remote_code=True, about=FILE)
With every datasets:      hf_medseg.load_dataset("tcia", RAW, about=FILE)
From the shell:           python tcia.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Tcia(RawDatasetBuilder):
    """A collection of The Cancer Imaging Archive (TCIA).

    tcia comes under its owner's terms: license unknown, https://www.cancerimagingarchive.net/
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "tcia"


if __name__ == "__main__":
    sys.exit(main(["convert", "tcia", *sys.argv[1:]]))
