"""DRIVE: Digital Retinal Images for Vessel Extraction.

With datasets up to 3.6:  load_dataset("drive.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("drive", RAW)
From the shell:           python drive.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Drive(RawDatasetBuilder):
    """DRIVE: Digital Retinal Images for Vessel Extraction.

    drive comes under its owner's terms: research and education only, no redistribution,
      http://www.isi.uu.nl/Research/Databases/DRIVE/
    - free for research and education; copying, redistribution and unauthorised commercial use prohibited; use
      restricted to those who obtained it directly from the owner's site
    - Research and education only; no copying, redistribution or unauthorised commercial use.
    - Only those who obtained the data directly from the owner's site may use it.
    - Cite Staal et al. 2004.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "drive"


if __name__ == "__main__":
    sys.exit(main(["convert", "drive", *sys.argv[1:]]))
