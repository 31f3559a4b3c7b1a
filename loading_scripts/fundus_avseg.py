"""Fundus-AVSeg: a fundus image dataset for artery-vein vessel segmentation.

With datasets up to 3.6:  load_dataset("fundus_avseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("fundus-avseg", RAW)
From the shell:           python fundus_avseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class FundusAvseg(RawDatasetBuilder):
    """Fundus-AVSeg: a fundus image dataset for artery-vein vessel segmentation.

    fundus-avseg comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as three readers
      quote it; the article has CC BY-NC-ND 4.0, https://doi.org/10.6084/m9.figshare.27938034
    - lists the record's license as CC BY 4.0
    - two catalogues whose authors fetched the record say CC BY 4.0, one of them that the article has CC BY-NC-ND
      4.0; its own words were not quoted
    - Cite Deng et al. 2025 (doi 10.1038/s41597-025-05381-2) and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "fundus-avseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "fundus-avseg", *sys.argv[1:]]))
