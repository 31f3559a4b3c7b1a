"""CholecSeg8k: a semantic segmentation dataset for laparoscopic cholecystectomy based on Cholec80.

With datasets up to 3.6:  load_dataset("cholecseg8k.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("cholecseg8k", RAW)
From the shell:           python cholecseg8k.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Cholecseg8k(RawDatasetBuilder):
    """CholecSeg8k: a semantic segmentation dataset for laparoscopic cholecystectomy based on Cholec80.

    cholecseg8k comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 on the owner's page as
      others quote it, https://www.kaggle.com/datasets/newslab/cholecseg8k
    - repeats the owner's page: freely available under the CC BY-NC-SA 4.0 license
    - Cite Hong et al. 2020 and, for the videos of Cholec80, Twinanda et al. 2017.
    - No commercial use; pass on under the same license, and say what was changed. Cholec80 has terms of its own.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "cholecseg8k"


if __name__ == "__main__":
    sys.exit(main(["convert", "cholecseg8k", *sys.argv[1:]]))
