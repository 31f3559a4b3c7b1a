"""Breast-Lesions-USG (BrEaST): a curated benchmark dataset for ultrasound based breast lesion analysis.

With datasets up to 3.6:  load_dataset("breast_lesions_usg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("breast-lesions-usg", RAW)
From the shell:           python breast_lesions_usg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class BreastLesionsUsg(RawDatasetBuilder):
    """Breast-Lesions-USG (BrEaST): a curated benchmark dataset for ultrasound based breast lesion analysis.

    breast-lesions-usg comes under its owner's terms: license to be confirmed: CC BY 4.0 by the paper's abstract,
      https://doi.org/10.7937/9WKK-Q141
    - the paper's abstract says that the data are made public with the CC BY 4.0 license, as an index of abstracts
      shows it
    - Cite the collection (doi 10.7937/9WKK-Q141) and Pawłowska et al. 2024.
    - Link the license and say what was changed.
    - Do not try to identify any person (policy of The Cancer Imaging Archive); pass this on.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "breast-lesions-usg"


if __name__ == "__main__":
    sys.exit(main(["convert", "breast-lesions-usg", *sys.argv[1:]]))
