"""KiTS23: kidneys, tumors and cysts in CT.

With datasets up to 3.6:  load_dataset("kits23.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("kits23", RAW)
From the shell:           python kits23.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Kits23(RawDatasetBuilder):
    """KiTS23: kidneys, tumors and cysts in CT.

    kits23 comes under its owner's terms: Creative Commons Attribution Non Commercial Share Alike 4.0 International
      (the owner names no version), https://github.com/neheller/kits23
    - the owner's README: the data that this code downloads is under a CC BY-NC-SA license, the code under MIT; no
      version is named
    - a re-host reads it as version 4.0
    - Cite Heller et al. 2023 and 2021.
    - No commercial use; what is made of it carries the same license.
    - Say what was changed.
    It may be passed on for non-commercial purposes only, under the same terms.
    """

    SOURCE = "kits23"


if __name__ == "__main__":
    sys.exit(main(["convert", "kits23", *sys.argv[1:]]))
