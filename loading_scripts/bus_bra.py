"""BUS-BRA: A Breast Ultrasound Dataset for Assessing Computer-aided Diagnosis Systems.

With datasets up to 3.6:  load_dataset("bus_bra.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("bus-bra", RAW)
From the shell:           python bus_bra.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class BusBra(RawDatasetBuilder):
    """BUS-BRA: A Breast Ultrasound Dataset for Assessing Computer-aided Diagnosis Systems.

    bus-bra comes under its owner's terms: license to be confirmed: an MIT-like grant in the archive, CC BY 4.0 on
      the record as one reader quotes it, https://doi.org/10.5281/zenodo.8231412
    - LICENSE.txt inside a public copy of the archive grants use, copying, modification, merging, publication and
      distribution of the dataset, if papers cite the article and the notice is included
    - quotes the record's license as CC BY 4.0
    - All documents and papers that use the dataset are required to cite: Wilfrido Gómez-Flores, Maria Julia
      Gregorio-Calas, and Wagner Coelho de Albuquerque Pereira, "BUS-BRA: A Breast Ultrasound Dataset for Assessing
      Computer-aided Diagnosis Systems", Medical Physics.
    - LICENSE.txt of the archive (copyright notice and permission notice) travels with all copies or substantial
      portions.
    - Link the record https://doi.org/10.5281/zenodo.8231412 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "bus-bra"


if __name__ == "__main__":
    sys.exit(main(["convert", "bus-bra", *sys.argv[1:]]))
