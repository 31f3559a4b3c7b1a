"""PU2756: ultrasound of peripheral pulmonary lesions.

With datasets up to 3.6:  load_dataset("pu2756.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("pu2756", RAW)
From the shell:           python pu2756.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Pu2756(RawDatasetBuilder):
    """PU2756: ultrasound of peripheral pulmonary lesions.

    pu2756 comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.6084/m9.figshare.32672274.v1
    - quotes the record's license as CC BY 4.0
    - Cite the article (doi 10.1038/s41597-026-07715-0) and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "pu2756"


if __name__ == "__main__":
    sys.exit(main(["convert", "pu2756", *sys.argv[1:]]))
