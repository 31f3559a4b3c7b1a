"""SCMR Consensus contour data, and the Sunnybrook Cardiac Data (MICCAI 2009 left ventricle challenge).

With datasets up to 3.6:  load_dataset("scmr_consensus.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("scmr-consensus", RAW, edition=NAME)
From the shell:           python scmr_consensus.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class ScmrConsensus(RawDatasetBuilder):
    """SCMR Consensus contour data, and the Sunnybrook Cardiac Data (MICCAI 2009 left ventricle challenge).

    scmr-consensus (sunnybrook-2009) comes under its owner's terms: none stated by the challenge,
      https://smial.sri.utoronto.ca/LV_Challenge/Data.html
    - the challenge page states no license and asked teams to register
    - the same studies are CC0 1.0 as the Cardiac Atlas Project releases them
    - Cite Radau et al. 2009.
    - The release of https://www.cardiacatlas.org/sunnybrook-cardiac-data/ may be passed on; this one is older.
    What you convert from it stays on your disks: this package will not publish it.

    scmr-consensus (consensus) comes under its owner's terms: Cardiac Atlas Project data distribution policy,
      http://www.cardiacatlas.org/studies/scmr-consensus-data/
    - images are handed out on request, which the contributors review
    - use under a data use agreement; no grant to pass the data on
    - Cite Suinesiaputra et al. 2015.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "scmr-consensus"


if __name__ == "__main__":
    sys.exit(main(["convert", "scmr-consensus", *sys.argv[1:]]))
