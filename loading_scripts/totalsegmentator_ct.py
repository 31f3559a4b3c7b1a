"""TotalSegmentator CT: 117 structures of the whole body.

With datasets up to 3.6:  load_dataset("totalsegmentator_ct.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("totalsegmentator-ct", RAW, edition=NAME)
From the shell:           python totalsegmentator_ct.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class TotalsegmentatorCt(RawDatasetBuilder):
    """TotalSegmentator CT: 117 structures of the whole body.

    totalsegmentator-ct (v2, v3) comes under its owner's terms: license to be confirmed: CC BY 4.0 according to
      readers, https://doi.org/10.5281/zenodo.6802613
    - readers of the records, one of them of their metadata, say CC BY 4.0; the owner's own words were not seen
    - Cite Wasserthal et al. 2023 and the version of the data by its DOI.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "totalsegmentator-ct"


if __name__ == "__main__":
    sys.exit(main(["convert", "totalsegmentator-ct", *sys.argv[1:]]))
