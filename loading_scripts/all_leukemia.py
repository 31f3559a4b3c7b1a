"""Acute Lymphoblastic Leukemia (ALL) image dataset.

With datasets up to 3.6:  load_dataset("all_leukemia.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("all-leukemia", RAW)
From the shell:           python all_leukemia.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class AllLeukemia(RawDatasetBuilder):
    """Acute Lymphoblastic Leukemia (ALL) image dataset.

    all-leukemia comes under its owner's terms: no passing on without the authors' authorization,
      https://github.com/MehradAria/ALL-Subtype-Classification
    - the authors ask users to cite the paper and not to pass the database on to others without their authorization
    - the license field of the Kaggle page is not known
    - Cite Ghaderzadeh et al. 2022.
    - Do not pass the database on to others without the authors' authorization.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "all-leukemia"


if __name__ == "__main__":
    sys.exit(main(["convert", "all-leukemia", *sys.argv[1:]]))
