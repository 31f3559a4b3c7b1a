"""TRUSTED: kidneys in paired 3D ultrasound and CT.

With datasets up to 3.6:  load_dataset("trusted.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("trusted", RAW)
From the shell:           python trusted.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Trusted(RawDatasetBuilder):
    """TRUSTED: kidneys in paired 3D ultrasound and CT.

    trusted comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.6084/m9.figshare.27981050
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - a reader of the archive says that its data_use_agreement.txt (IRCAD France) forbids redistribution
    - Cite Ndzimbong et al. 2025.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "trusted"


if __name__ == "__main__":
    sys.exit(main(["convert", "trusted", *sys.argv[1:]]))
