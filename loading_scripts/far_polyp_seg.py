"""FAR-POLYP-SEG: polyps in colonoscopies of Farhikhtegan Hospital.

With datasets up to 3.6:  load_dataset("far_polyp_seg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("far-polyp-seg", RAW)
From the shell:           python far_polyp_seg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class FarPolypSeg(RawDatasetBuilder):
    """FAR-POLYP-SEG: polyps in colonoscopies of Farhikhtegan Hospital.

    far-polyp-seg comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader
      quotes it, https://doi.org/10.5281/zenodo.20284781
    - quotes the record's license as CC BY 4.0
    - Cite the article (doi 10.1007/s10278-026-02268-5) and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "far-polyp-seg"


if __name__ == "__main__":
    sys.exit(main(["convert", "far-polyp-seg", *sys.argv[1:]]))
