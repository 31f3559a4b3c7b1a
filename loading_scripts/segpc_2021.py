"""SegPC-2021: Segmentation of Multiple Myeloma Plasma Cells in Microscopic Images.

With datasets up to 3.6:  load_dataset("segpc_2021.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("segpc-2021", RAW)
From the shell:           python segpc_2021.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Segpc2021(RawDatasetBuilder):
    """SegPC-2021: Segmentation of Multiple Myeloma Plasma Cells in Microscopic Images.

    segpc-2021 comes under its owner's terms: Creative Commons Attribution-NonCommercial-ShareAlike 4.0
      International, https://creativecommons.org/licenses/by-nc-sa/4.0/
    - CC BY-NC-SA 4.0 on the Kaggle page of the owners' account, as quoted by a reader
    - a re-host with the same license
    - Cite the data record https://doi.org/10.21227/7np1-2q42 and the method papers, as the owners ask.
    - No commercial use.
    - Adapted material, this Parquet version too, stays under the same license (ShareAlike).
    - Link the license https://creativecommons.org/licenses/by-nc-sa/4.0/.
    - Say what was changed: BMP pictures and masks became PNG and label maps.
    It may be passed on for non-commercial purposes only, under the same terms.
    """

    SOURCE = "segpc-2021"


if __name__ == "__main__":
    sys.exit(main(["convert", "segpc-2021", *sys.argv[1:]]))
