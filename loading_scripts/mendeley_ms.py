"""Brain MRI of multiple sclerosis with consensus lesions.

With datasets up to 3.6:  load_dataset("mendeley_ms.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mendeley-ms", RAW)
From the shell:           python mendeley_ms.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class MendeleyMs(RawDatasetBuilder):
    """Brain MRI of multiple sclerosis with consensus lesions.

    mendeley-ms comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://data.mendeley.com/datasets/8bctsm8jz7/1
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite Muslim et al. 2022.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mendeley-ms"


if __name__ == "__main__":
    sys.exit(main(["convert", "mendeley-ms", *sys.argv[1:]]))
