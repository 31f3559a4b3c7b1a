"""IDRiD: Indian Diabetic Retinopathy Image Dataset, part A (segmentation).

With datasets up to 3.6:  load_dataset("idrid.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("idrid", RAW)
From the shell:           python idrid.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Idrid(RawDatasetBuilder):
    """IDRiD: Indian Diabetic Retinopathy Image Dataset, part A (segmentation).

    idrid comes under its owner's terms: license to be confirmed: CC BY 4.0 as others quote it,
      https://ieee-dataport.org/open-access/indian-diabetic-retinopathy-image-dataset-idrid
    - lists the license as CC BY 4.0
    - Cite Porwal et al. 2018 and 2020.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "idrid"


if __name__ == "__main__":
    sys.exit(main(["convert", "idrid", *sys.argv[1:]]))
