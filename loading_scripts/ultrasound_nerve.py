"""Ultrasound Nerve Segmentation.

With datasets up to 3.6:  load_dataset("ultrasound_nerve.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("ultrasound-nerve", RAW)
From the shell:           python ultrasound_nerve.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class UltrasoundNerve(RawDatasetBuilder):
    """Ultrasound Nerve Segmentation.

    ultrasound-nerve comes under its owner's terms: Kaggle competition rules,
      https://www.kaggle.com/c/ultrasound-nerve-segmentation/rules
    - competition data under the rules of the competition, which have to be accepted; no redistribution grant found
    - Accept the competition's rules and use the data as they say.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "ultrasound-nerve"


if __name__ == "__main__":
    sys.exit(main(["convert", "ultrasound-nerve", *sys.argv[1:]]))
