"""TNBC: nuclei of triple negative breast cancer, version 1.0.

With datasets up to 3.6:  load_dataset("tnbc.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("tnbc", RAW)
From the shell:           python tnbc.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Tnbc(RawDatasetBuilder):
    """TNBC: nuclei of triple negative breast cancer, version 1.0.

    tnbc comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.5281/zenodo.1175282
    - lists the record's license as CC BY 4.0
    - Cite Naylor et al. 2019 and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "tnbc"


if __name__ == "__main__":
    sys.exit(main(["convert", "tnbc", *sys.argv[1:]]))
