"""MFSD / MSFD - Masked Face Segmentation Dataset.

With datasets up to 3.6:  load_dataset("mfsd.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mfsd", RAW)
From the shell:           python mfsd.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Mfsd(RawDatasetBuilder):
    """MFSD / MSFD - Masked Face Segmentation Dataset.

    mfsd comes under its owner's terms: MIT declared by the repository; the photographs are other people's,
      https://github.com/sadjadrz/MFSD/blob/main/LICENSE
    - the data set is distributed under MIT; the photographs were collected from Google and Instagram, so the
      repository hardly owns what it licenses
    - Cite Rezvani et al. 2024.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mfsd"


if __name__ == "__main__":
    sys.exit(main(["convert", "mfsd", *sys.argv[1:]]))
