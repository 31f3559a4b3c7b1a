"""LGG Segmentation Dataset (Buda et al.).

With datasets up to 3.6:  load_dataset("lgg_mri.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("lgg-mri", RAW)
From the shell:           python lgg_mri.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class LggMri(RawDatasetBuilder):
    """LGG Segmentation Dataset (Buda et al.).

    lgg-mri comes under its owner's terms: unclear: the license field of the Kaggle page was not seen,
      https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation
    - a re-packaging carries cc-by-nc-sa-4.0
    - another re-packaging says cc-by-4.0, without a source
    - Cite Buda et al. 2019 and Mazurowski et al. 2017; credit TCIA (collection TCGA-LGG) and TCGA
      (https://doi.org/10.1056/NEJMoa1402121).
    - Share alike and non-commercial, should the license prove to be CC BY-NC-SA 4.0.
    - No attempt may be made to identify participants.
    - Say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "lgg-mri"


if __name__ == "__main__":
    sys.exit(main(["convert", "lgg-mri", *sys.argv[1:]]))
