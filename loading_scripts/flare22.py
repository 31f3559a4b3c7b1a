"""FLARE22: thirteen abdominal organs in CT.

With datasets up to 3.6:  load_dataset("flare22.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("flare22", RAW)
From the shell:           python flare22.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Flare22(RawDatasetBuilder):
    """FLARE22: thirteen abdominal organs in CT.

    flare22 comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader of the record,
      https://doi.org/10.5281/zenodo.7860267
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite Ma et al. 2024 and the record.
    - Where the scans are those of the Medical Segmentation Decathlon, its license CC BY-SA 4.0 stays with them.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "flare22"


if __name__ == "__main__":
    sys.exit(main(["convert", "flare22", *sys.argv[1:]]))
