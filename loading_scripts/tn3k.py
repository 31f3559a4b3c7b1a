"""TN3K: thyroid nodules in ultrasound.

With datasets up to 3.6:  load_dataset("tn3k.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("tn3k", RAW)
From the shell:           python tn3k.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Tn3k(RawDatasetBuilder):
    """TN3K: thyroid nodules in ultrasound.

    tn3k comes under its owner's terms: license to be confirmed: MIT by the repository that holds the archives,
      whose words name its code,
      https://github.com/haifangong/TRFE-Net-for-thyroid-nodule-segmentation/blob/main/LICENSE
    - LICENSE is MIT and the folder `picture/` holds the data; the README says that the code is released under the
      MIT License
    - Cite Gong et al. 2021 and 2022.
    - The MIT notice of the repository travels with all copies.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "tn3k"


if __name__ == "__main__":
    sys.exit(main(["convert", "tn3k", *sys.argv[1:]]))
