"""2018 Data Science Bowl: nuclei (BBBC038v1), stage 1 training set.

With datasets up to 3.6:  load_dataset("dsb_2018.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("dsb-2018", RAW, edition=NAME)
From the shell:           python dsb_2018.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Dsb2018(RawDatasetBuilder):
    """2018 Data Science Bowl: nuclei (BBBC038v1), stage 1 training set.

    dsb-2018 (original, corrected) comes under its owner's terms: license to be confirmed: CC0 by the organisers, as
      the corrected copy's README reports, https://bbbc.broadinstitute.org/BBBC038
    - reports that the organisers put the data under CC0 in the competition's forum, and puts its own corrections
      under CC0
    - Cite Caicedo et al. 2019.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "dsb-2018"


if __name__ == "__main__":
    sys.exit(main(["convert", "dsb-2018", *sys.argv[1:]]))
