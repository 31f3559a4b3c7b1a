"""AMOS22: abdominal organs in CT and MRI.

With datasets up to 3.6:  load_dataset("amos22.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("amos22", RAW)
From the shell:           python amos22.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Amos22(RawDatasetBuilder):
    """AMOS22: abdominal organs in CT and MRI.

    amos22 comes under its owner's terms: license to be confirmed: CC BY 4.0 or CC BY-SA 4.0 according to readers,
      https://doi.org/10.5281/zenodo.7262581
    - a reader saw CC BY 4.0 in the record and CC-BY-SA 4.0 in dataset.json; the owner's own words were not seen,
      and the stricter one would hold
    - Cite Ji et al. 2022 and the record.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "amos22"


if __name__ == "__main__":
    sys.exit(main(["convert", "amos22", *sys.argv[1:]]))
