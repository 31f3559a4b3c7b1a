"""ARCADE: coronary artery disease in X-ray angiography.

With datasets up to 3.6:  load_dataset("arcade.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("arcade", RAW)
From the shell:           python arcade.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Arcade(RawDatasetBuilder):
    """ARCADE: coronary artery disease in X-ray angiography.

    arcade comes under its owner's terms: license to be confirmed: CC0 1.0 on the record as one reader quotes it,
      https://doi.org/10.5281/zenodo.10390295
    - quotes the record's license as CC0 1.0
    - Cite Popov et al. 2024.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "arcade"


if __name__ == "__main__":
    sys.exit(main(["convert", "arcade", *sys.argv[1:]]))
