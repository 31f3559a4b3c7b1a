"""ABIDE I: Autism Brain Imaging Data Exchange, preprocessed (PCP) and raw.

With datasets up to 3.6:  load_dataset("abide.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("abide", RAW, edition=NAME)
From the shell:           python abide.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Abide(RawDatasetBuilder):
    """ABIDE I: Autism Brain Imaging Data Exchange, preprocessed (PCP) and raw.

    abide (pcp, raw) comes under its owner's terms: license not settled: non-commercial research use (CC BY-NC-SA
      3.0 in one reading), http://fcon_1000.projects.nitrc.org/indi/abide/
    - CC BY-NC-SA 3.0, as a redistributor names the ABIDE terms
    - unrestricted non-commercial research use, quoting the policy of the 1000 Functional Connectomes Project
    - Cite Di Martino et al. 2014, for the preprocessed files Craddock et al. 2013 too.
    - Acknowledge the Autism Brain Imaging Data Exchange and the International Neuroimaging Data-sharing Initiative
      (INDI).
    - Non-commercial research use only; share alike.
    - No attempt may be made to identify anyone.
    - NITRC asks users of the raw data to register.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "abide"


if __name__ == "__main__":
    sys.exit(main(["convert", "abide", *sys.argv[1:]]))
