"""Brain tumor dataset of Jun Cheng (figshare 1512427).

With datasets up to 3.6:  load_dataset("figshare_brain_tumor.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("figshare-brain-tumor", RAW)
From the shell:           python figshare_brain_tumor.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class FigshareBrainTumor(RawDatasetBuilder):
    """Brain tumor dataset of Jun Cheng (figshare 1512427).

    figshare-brain-tumor comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one
      reader quotes it, https://doi.org/10.6084/m9.figshare.1512427
    - quotes the record's license as CC BY 4.0
    - Cite Cheng et al. 2015 and 2016.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "figshare-brain-tumor"


if __name__ == "__main__":
    sys.exit(main(["convert", "figshare-brain-tumor", *sys.argv[1:]]))
