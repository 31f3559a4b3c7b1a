"""LungSegDB: Lung Segmentation Dataset.

With datasets up to 3.6:  load_dataset("lungsegdb.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("lungsegdb", RAW)
From the shell:           python lungsegdb.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Lungsegdb(RawDatasetBuilder):
    """LungSegDB: Lung Segmentation Dataset.

    lungsegdb comes under its owner's terms: license of the images unknown,
      https://github.com/sadjadrz/Lung-segmentation-dataset
    - LICENSE of the dataset repository is MIT; it can cover the masks, not the images, which come from third
      parties
    - names LIDC-IDRI as the origin of V1 and an unnamed Kaggle set as that of V2, whose license is unknown
    - For V1 also cite LIDC-IDRI (Armato et al. 2011): attribution is a condition of CC BY 3.0.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "lungsegdb"


if __name__ == "__main__":
    sys.exit(main(["convert", "lungsegdb", *sys.argv[1:]]))
