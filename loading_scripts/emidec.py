"""EMIDEC: infarction in MRI with late enhancement.

With datasets up to 3.6:  load_dataset("emidec.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("emidec", RAW)
From the shell:           python emidec.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Emidec(RawDatasetBuilder):
    """EMIDEC: infarction in MRI with late enhancement.

    emidec comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 according to a reader,
      https://emidec.com/dataset
    - a reader of the owners' page says CC BY-NC-SA 4.0; the page was not seen
    - Cite Lalande et al. 2020.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "emidec"


if __name__ == "__main__":
    sys.exit(main(["convert", "emidec", *sys.argv[1:]]))
