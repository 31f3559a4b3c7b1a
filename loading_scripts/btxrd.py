"""BTXRD: primary bone tumours in radiographs.

With datasets up to 3.6:  load_dataset("btxrd.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("btxrd", RAW)
From the shell:           python btxrd.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Btxrd(RawDatasetBuilder):
    """BTXRD: primary bone tumours in radiographs.

    btxrd comes under its owner's terms: license to be confirmed: CC BY 4.0 as one list of data sets says,
      https://doi.org/10.6084/m9.figshare.27865398
    - a public list of medical sets names CC BY 4.0; the record itself was not read
    - a reader of both says that the record has CC BY 4.0, but the usage notes of the paper CC BY-NC-ND 4.0; the
      owner's own words were not seen
    - Cite Yao et al. 2025.
    - Link https://doi.org/10.6084/m9.figshare.27865398 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "btxrd"


if __name__ == "__main__":
    sys.exit(main(["convert", "btxrd", *sys.argv[1:]]))
