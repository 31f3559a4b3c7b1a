"""MMOTU - Multi-Modality Ovarian Tumor Ultrasound image dataset.

With datasets up to 3.6:  load_dataset("mmotu.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mmotu", RAW)
From the shell:           python mmotu.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Mmotu(RawDatasetBuilder):
    """MMOTU - Multi-Modality Ovarian Tumor Ultrasound image dataset.

    mmotu comes under its owner's terms: none stated for the data,
      https://github.com/cv516Buaa/MMOTU_DS2Net/issues/8
    - the question whether the repository's Apache-2.0, inherited with its code, covers the data is open
    - a record with the data says CC BY 4.0; whether an author deposited it could not be established
    - The repository asks to cite the paper.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mmotu"


if __name__ == "__main__":
    sys.exit(main(["convert", "mmotu", *sys.argv[1:]]))
