"""ELCAP Public Lung Image Database (VIA / I-ELCAP).

With datasets up to 3.6:  load_dataset("via_elcap.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("via-elcap", RAW)
From the shell:           python via_elcap.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class ViaElcap(RawDatasetBuilder):
    """ELCAP Public Lung Image Database (VIA / I-ELCAP).

    via-elcap comes under its owner's terms: none found; access sits behind a form,
      http://www.via.cornell.edu/lungdb.html
    - no license and no terms were found; the form's conditions were not seen
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "via-elcap"


if __name__ == "__main__":
    sys.exit(main(["convert", "via-elcap", *sys.argv[1:]]))
