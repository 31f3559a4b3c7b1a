"""Breast-tissue segmentation of DDSM mammograms (Mammogram-segmentation).

With datasets up to 3.6:  load_dataset("ddsm_tissue.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("ddsm-tissue", RAW)
From the shell:           python ddsm_tissue.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class DdsmTissue(RawDatasetBuilder):
    """Breast-tissue segmentation of DDSM mammograms (Mammogram-segmentation).

    ddsm-tissue comes under its owner's terms: none stated for the data,
      https://github.com/tiryakiv/Mammogram-segmentation
    - GNU GPLv3 for the code; no license for the data and no LICENSE file
    - the parent database states a purpose (a resource for the research community), no license
    - The authors ask to cite the article in IRBM.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "ddsm-tissue"


if __name__ == "__main__":
    sys.exit(main(["convert", "ddsm-tissue", *sys.argv[1:]]))
