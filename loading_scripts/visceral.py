"""VISCERAL Anatomy benchmarks (gold and silver corpus).

With datasets up to 3.6:  load_dataset("visceral.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("visceral", RAW)
From the shell:           python visceral.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Visceral(RawDatasetBuilder):
    """VISCERAL Anatomy benchmarks (gold and silver corpus).

    visceral comes under its owner's terms: VISCERAL participation agreement, http://www.visceral.eu/
    - data were given to registered participants under a signed agreement; releasing gold and silver corpora was an
      aim of the project, not a grant
    - no license text found
    - Use the data as your participation agreement allows; do not pass them on.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "visceral"


if __name__ == "__main__":
    sys.exit(main(["convert", "visceral", *sys.argv[1:]]))
