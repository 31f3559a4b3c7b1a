"""Diabetic Retinopathy Detection (Kaggle, EyePACS, 2015).

With datasets up to 3.6:  load_dataset("kaggle_dr.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("kaggle-dr", RAW)
From the shell:           python kaggle_dr.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class KaggleDr(RawDatasetBuilder):
    """Diabetic Retinopathy Detection (Kaggle, EyePACS, 2015).

    kaggle-dr comes under its owner's terms: Kaggle competition rules,
      https://www.kaggle.com/c/diabetic-retinopathy-detection/rules
    - a competition whose data is given under rules that each participant accepts; no open license is named
    - Kaggle took a derived dataset down for breaking the rules of this competition
    - Accept the competition's rules and use the data as they say.
    - Credit EyePACS, which gave the photographs, and Kaggle.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "kaggle-dr"


if __name__ == "__main__":
    sys.exit(main(["convert", "kaggle-dr", *sys.argv[1:]]))
