"""ACDC: Automated Cardiac Diagnosis Challenge.

With datasets up to 3.6:  load_dataset("acdc.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("acdc", RAW)
From the shell:           python acdc.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Acdc(RawDatasetBuilder):
    """ACDC: Automated Cardiac Diagnosis Challenge.

    acdc comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 according to re-hosts,
      https://humanheart-project.creatis.insa-lyon.fr/database/
    - two re-hosts say CC BY-NC-SA 4.0, one of them with a link to the owner; the owner's own words were not seen
    - the owner: you must refer to this citation for any use of the ACDC database; no license is named there
    - You must refer to Bernard et al. 2018 for any use of the data.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "acdc"


if __name__ == "__main__":
    sys.exit(main(["convert", "acdc", *sys.argv[1:]]))
