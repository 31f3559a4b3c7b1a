"""SCR database: Segmentation in Chest Radiographs, on the radiographs of JSRT.

With datasets up to 3.6:  load_dataset("scr.py", data_dir=RAW, trust_remote_code=True, parts={...})
With every datasets:      hf_medseg.load_dataset("scr", RAW, parts={...})
From the shell:           python scr.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Scr(RawDatasetBuilder):
    """SCR database: Segmentation in Chest Radiographs, on the radiographs of JSRT.

    scr comes under its owner's terms: JSRT and SCR terms: research only, no redistribution,
      https://www.isi.uu.nl/Research/Databases/SCR/
    - SCR: free for research and education; redistribution and commercial use are prohibited
    - JSRT user's guide, section 9: research only; copying, distribution and unauthorised commercial use are
      prohibited
    - Cite van Ginneken et al. 2006 and Shiraishi et al. 2000; the SCR page asks for both.
    - Only who obtained the films from JSRT may use them.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "scr"


if __name__ == "__main__":
    sys.exit(main(["convert", "scr", *sys.argv[1:]]))
