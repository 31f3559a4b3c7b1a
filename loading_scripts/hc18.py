"""HC18: automated measurement of fetal head circumference in 2D ultrasound.

With datasets up to 3.6:  load_dataset("hc18.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("hc18", RAW)
From the shell:           python hc18.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Hc18(RawDatasetBuilder):
    """HC18: automated measurement of fetal head circumference in 2D ultrasound.

    hc18 comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.5281/zenodo.1327317
    - quotes the record's license as CC BY 4.0
    - Cite van den Heuvel et al. 2018.
    - Link https://doi.org/10.5281/zenodo.1327317 and say that outlines were filled.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "hc18"


if __name__ == "__main__":
    sys.exit(main(["convert", "hc18", *sys.argv[1:]]))
