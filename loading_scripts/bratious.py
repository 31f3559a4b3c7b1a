"""BraTioUS: brain tumors in intraoperative ultrasound.

With datasets up to 3.6:  load_dataset("bratious.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("bratious", RAW)
From the shell:           python bratious.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Bratious(RawDatasetBuilder):
    """BraTioUS: brain tumors in intraoperative ultrasound.

    bratious comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes
      it, https://doi.org/10.5281/zenodo.16887362
    - quotes the record's license as CC BY 4.0
    - Cite the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "bratious"


if __name__ == "__main__":
    sys.exit(main(["convert", "bratious", *sys.argv[1:]]))
