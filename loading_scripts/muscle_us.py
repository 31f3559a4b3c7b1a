"""Transverse musculoskeletal ultrasound images (Polito-Radboud-DeepLearningUS).

With datasets up to 3.6:  load_dataset("muscle_us.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("muscle-us", RAW)
From the shell:           python muscle_us.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class MuscleUs(RawDatasetBuilder):
    """Transverse musculoskeletal ultrasound images (Polito-Radboud-DeepLearningUS).

    muscle-us comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes
      it, https://doi.org/10.17632/3jykz7wz8d.1
    - quotes the record's license as CC BY 4.0
    - Cite Marzola et al. 2021 and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "muscle-us"


if __name__ == "__main__":
    sys.exit(main(["convert", "muscle-us", *sys.argv[1:]]))
