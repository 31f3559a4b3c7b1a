"""ADNI: Alzheimer's Disease Neuroimaging Initiative (ADNI 1, GO, 2, 3, 4).

With datasets up to 3.6:  load_dataset("adni.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("adni", RAW)
From the shell:           python adni.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Adni(RawDatasetBuilder):
    """ADNI: Alzheimer's Disease Neuroimaging Initiative (ADNI 1, GO, 2, 3, 4).

    adni comes under its owner's terms: ADNI Data Use Agreement,
      https://ida.loni.usc.edu/collaboration/access/appApply.jsp?project=ADNI
    - redistribution of individual participant-level data in any manner is prohibited, derived participant-level
      data included
    - Never pass on images, slices, tables or embeddings, of whatever form; everybody who works with them signs the
      agreement.
    - Do not feed the data to AI tools that give no guarantee of containment; do not let a hosted model read
      participants' rows.
    - Say in publications that the data were obtained from the ADNI database (adni.loni.usc.edu), list the
      investigators as "for the Alzheimer's Disease Neuroimaging Initiative", and print the funding paragraph that
      the agreement prescribes.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "adni"


if __name__ == "__main__":
    sys.exit(main(["convert", "adni", *sys.argv[1:]]))
