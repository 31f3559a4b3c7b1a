"""NasalSeg: nasal cavities and sinuses in CT.

With datasets up to 3.6:  load_dataset("nasalseg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("nasalseg", RAW)
From the shell:           python nasalseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Nasalseg(RawDatasetBuilder):
    """NasalSeg: nasal cavities and sinuses in CT.

    nasalseg comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a reader,
      https://doi.org/10.5281/zenodo.13893419
    - a reader of the record says CC BY 4.0; the owner's own words were not seen
    - Cite the record.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "nasalseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "nasalseg", *sys.argv[1:]]))
