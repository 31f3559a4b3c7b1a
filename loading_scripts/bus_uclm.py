"""BUS-UCLM: Breast ultrasound lesion segmentation dataset.

With datasets up to 3.6:  load_dataset("bus_uclm.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("bus-uclm", RAW)
From the shell:           python bus_uclm.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class BusUclm(RawDatasetBuilder):
    """BUS-UCLM: Breast ultrasound lesion segmentation dataset.

    bus-uclm comes under its owner's terms: license to be confirmed: the owner states CC BY 4.0 and CC BY-NC 4.0,
      https://doi.org/10.17632/7fvgj4jsp7
    - the README says CC BY 4.0 and points to LICENSE.md, which is headed CC BY-NC 4.0
    - readers of the record differ too: CC BY-NC 4.0 of version 2, CC BY 4.0 of another version; its own words were
      not seen
    - Cite Vallez et al. 2025 and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "bus-uclm"


if __name__ == "__main__":
    sys.exit(main(["convert", "bus-uclm", *sys.argv[1:]]))
