"""OASIS: Open Access Series of Imaging Studies (OASIS-1 cross-sectional, OASIS-2 longitudinal).

With datasets up to 3.6:  load_dataset("oasis.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("oasis", RAW, edition=NAME)
From the shell:           python oasis.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Oasis(RawDatasetBuilder):
    """OASIS: Open Access Series of Imaging Studies (OASIS-1 cross-sectional, OASIS-2 longitudinal).

    oasis (1, 2) comes under its owner's terms: OASIS Data Use Agreement, https://sites.wustl.edu/oasisbrains/
    - the archives are served after the data use terms are accepted; the terms' words on passing data on were not
      seen
    - called an open access data use agreement
    - Accept the OASIS data use terms before you use the data.
    - Cite the paper of the edition and acknowledge the grants that OASIS names.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "oasis"


if __name__ == "__main__":
    sys.exit(main(["convert", "oasis", *sys.argv[1:]]))
