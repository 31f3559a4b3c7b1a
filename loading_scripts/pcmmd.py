"""PCMMD: plasma cells for the diagnosis of multiple myeloma.

With datasets up to 3.6:  load_dataset("pcmmd.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("pcmmd", RAW)
From the shell:           python pcmmd.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Pcmmd(RawDatasetBuilder):
    """PCMMD: plasma cells for the diagnosis of multiple myeloma.

    pcmmd comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.17632/3v2nrxpr9s.1
    - quotes the record's license as CC BY 4.0
    - Cite the paper (doi 10.1038/s41597-025-04459-1).
    - Link https://doi.org/10.17632/3v2nrxpr9s.1 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "pcmmd"


if __name__ == "__main__":
    sys.exit(main(["convert", "pcmmd", *sys.argv[1:]]))
