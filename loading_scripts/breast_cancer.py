"""BUSI: Breast Ultrasound Images dataset (Dataset_BUSI_with_GT).

With datasets up to 3.6:  load_dataset("breast_cancer.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("breast-cancer", RAW)
From the shell:           python breast_cancer.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class BreastCancer(RawDatasetBuilder):
    """BUSI: Breast Ultrasound Images dataset (Dataset_BUSI_with_GT).

    breast-cancer comes under its owner's terms: no owner's license for the files was found,
      https://scholar.cu.edu.eg/?q=afahmy/pages/dataset
    - a re-uploader's label: cc-by-4.0
    - a re-uploader's label: cc
    - Cite Al-Dhabyani et al. 2020.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "breast-cancer"


if __name__ == "__main__":
    sys.exit(main(["convert", "breast-cancer", *sys.argv[1:]]))
