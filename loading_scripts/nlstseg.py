"""NLSTseg: lung lesions in low-dose CT.

With datasets up to 3.6:  load_dataset("nlstseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("nlstseg", RAW)
From the shell:           python nlstseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Nlstseg(RawDatasetBuilder):
    """NLSTseg: lung lesions in low-dose CT.

    nlstseg comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.5281/zenodo.14838349
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite Chen et al. 2025.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "nlstseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "nlstseg", *sys.argv[1:]]))
