"""OCELOT 2023: cancer areas in tissue patches.

With datasets up to 3.6:  load_dataset("ocelot.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("ocelot", RAW)
From the shell:           python ocelot.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Ocelot(RawDatasetBuilder):
    """OCELOT 2023: cancer areas in tissue patches.

    ocelot comes under its owner's terms: license to be confirmed: CC BY-NC 4.0 on the record as one reader quotes
      it, https://doi.org/10.5281/zenodo.8417503
    - quotes the record's license as CC BY-NC 4.0
    - Cite Ryu et al. 2023.
    - No commercial use.
    - Link https://doi.org/10.5281/zenodo.8417503 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "ocelot"


if __name__ == "__main__":
    sys.exit(main(["convert", "ocelot", *sys.argv[1:]]))
