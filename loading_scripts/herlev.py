"""DTU/Herlev Pap Smear Databases - New Pap-smear Database.

With datasets up to 3.6:  load_dataset("herlev.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("herlev", RAW)
From the shell:           python herlev.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Herlev(RawDatasetBuilder):
    """DTU/Herlev Pap Smear Databases - New Pap-smear Database.

    herlev comes under its owner's terms: no license stated, https://mde-lab.aegean.gr/index.php/downloads/
    - the page asks to cite the link and related studies and grants nothing, as quoted by a reader
    - Cite https://mde-lab.aegean.gr/index.php/downloads/ and the related studies, as the owner's page asks.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "herlev"


if __name__ == "__main__":
    sys.exit(main(["convert", "herlev", *sys.argv[1:]]))
