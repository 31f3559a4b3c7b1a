"""PanNuke: an open pan-cancer histology dataset for nuclei instance segmentation and classification.

With datasets up to 3.6:  load_dataset("pannuke.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("pannuke", RAW)
From the shell:           python pannuke.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Pannuke(RawDatasetBuilder):
    """PanNuke: an open pan-cancer histology dataset for nuclei instance segmentation and classification.

    pannuke comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 by the owner's README inside
      each fold, read in one public copy, https://warwick.ac.uk/fac/cross_fac/tia/data/pannuke
    - the README inside a fold puts the folder of masks and its contents under CC BY-NC-SA 4.0, as a public copy of
      it has it
    - Cite Gamper et al. 2019 and 2020.
    - No commercial use; pass on under the same license, with a link to its text, and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "pannuke"


if __name__ == "__main__":
    sys.exit(main(["convert", "pannuke", *sys.argv[1:]]))
