"""DDSM: Digital Database for Screening Mammography, and its Curated Breast Imaging Subset (CBIS-DDSM).

With datasets up to 3.6:  load_dataset("ddsm.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("ddsm", RAW, edition=NAME)
From the shell:           python ddsm.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Ddsm(RawDatasetBuilder):
    """DDSM: Digital Database for Screening Mammography, and its Curated Breast Imaging Subset (CBIS-DDSM).

    ddsm (original) comes under its owner's terms: none stated,
      http://www.eng.usf.edu/cvprg/Mammography/Database.html
    - a resource for the research community that asks to be credited; no license and no grant to pass it on
    - Credit the Digital Database for Screening Mammography; its page names the two papers.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "ddsm"


if __name__ == "__main__":
    sys.exit(main(["convert", "ddsm", *sys.argv[1:]]))
