"""MCT-LTDiag: liver tumours in CT of four phases.

With datasets up to 3.6:  load_dataset("mct_ltdiag.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mct-ltdiag", RAW)
From the shell:           python mct_ltdiag.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class MctLtdiag(RawDatasetBuilder):
    """MCT-LTDiag: liver tumours in CT of four phases.

    mct-ltdiag comes under its owner's terms: license to be confirmed: CC0 1.0 according to a reader,
      https://doi.org/10.7910/DVN/S3RW15
    - a reader of the record says CC0 1.0; the owner's own words were not seen
    - Cite the record.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mct-ltdiag"


if __name__ == "__main__":
    sys.exit(main(["convert", "mct-ltdiag", *sys.argv[1:]]))
