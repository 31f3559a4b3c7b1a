"""MSLesSeg: multiple sclerosis lesion segmentation.

With datasets up to 3.6:  load_dataset("mslesseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mslesseg", RAW)
From the shell:           python mslesseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Mslesseg(RawDatasetBuilder):
    """MSLesSeg: multiple sclerosis lesion segmentation.

    mslesseg comes under its owner's terms: license to be confirmed: CC BY 4.0 according to readers,
      https://doi.org/10.6084/m9.figshare.27919209
    - two readers say CC BY 4.0; the owner's own words were not seen
    - Cite Guarnera et al. 2025 and the record.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mslesseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "mslesseg", *sys.argv[1:]]))
