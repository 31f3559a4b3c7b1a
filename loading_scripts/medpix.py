"""MedPix 2.0.

With datasets up to 3.6:  load_dataset("medpix.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("medpix", RAW)
From the shell:           python medpix.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Medpix(RawDatasetBuilder):
    """MedPix 2.0.

    medpix comes under its owner's terms: license unknown (the repository has none),
      https://github.com/CHILab1/MedPix-2.0
    - the repository has no license file
    - only government material is public domain; images of individual contributors may be protected and need their
      permission (copy of the page of 2013)
    - Cite Siragusa et al. 2025.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "medpix"


if __name__ == "__main__":
    sys.exit(main(["convert", "medpix", *sys.argv[1:]]))
