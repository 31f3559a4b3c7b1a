"""Chákṣu: disc and cup in fundus photographs, by five experts.

With datasets up to 3.6:  load_dataset("chaksu.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("chaksu", RAW)
From the shell:           python chaksu.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Chaksu(RawDatasetBuilder):
    """Chákṣu: disc and cup in fundus photographs, by five experts.

    chaksu comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as two readers quote it,
      CC BY-SA 4.0 as a third, https://doi.org/10.6084/m9.figshare.20123135
    - two readers of the record say CC BY 4.0, a third CC BY-SA 4.0; the owner's own words were not seen
    - Cite Kumar et al. 2023.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "chaksu"


if __name__ == "__main__":
    sys.exit(main(["convert", "chaksu", *sys.argv[1:]]))
