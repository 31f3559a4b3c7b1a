"""HRF: High-Resolution Fundus image database.

With datasets up to 3.6:  load_dataset("hrf.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("hrf", RAW)
From the shell:           python hrf.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Hrf(RawDatasetBuilder):
    """HRF: High-Resolution Fundus image database.

    hrf comes under its owner's terms: license to be confirmed: CC BY 4.0 on the owner's page as one reader quotes
      it, https://www5.cs.fau.de/research/data/fundus-images/
    - quotes the owner's page: CC BY 4.0
    - Cite Budai et al. 2013.
    - Link https://www5.cs.fau.de/research/data/fundus-images/ and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "hrf"


if __name__ == "__main__":
    sys.exit(main(["convert", "hrf", *sys.argv[1:]]))
