"""Intel & MobileODT Cervical Cancer Screening.

With datasets up to 3.6:  load_dataset("intel_cervical.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("intel-cervical", RAW)
From the shell:           python intel_cervical.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class IntelCervical(RawDatasetBuilder):
    """Intel & MobileODT Cervical Cancer Screening.

    intel-cervical comes under its owner's terms: Kaggle competition rules,
      https://www.kaggle.com/c/intel-mobileodt-cervical-cancer-screening/rules
    - data of a competition, under its rules; no grant to pass them on was found
    - Accept the competition's rules and use the data as they say.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "intel-cervical"


if __name__ == "__main__":
    sys.exit(main(["convert", "intel-cervical", *sys.argv[1:]]))
